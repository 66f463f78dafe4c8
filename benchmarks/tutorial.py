"""The usual way: FastStream as its tutorial shows it, one message at a time.

A typed message comes in; the handler finds the document, replaces it, publishes what follows,
and the message is acknowledged (committed) when the handler returns. The same steps and bytes as
the product, one process for each service: `python -m benchmarks.tutorial`.
"""

from __future__ import annotations

from typing import Any

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

from benchmarks.recipe import REPORT, Step
from benchmarks.rival import ORDERED, Payer, Role, filler, marks, told


class Told(BaseModel):
    """A message as it travels: which claim, what happened, and the rest of its bytes."""

    claim: str
    fact: str
    rest: str


class Usual:
    """One process: find, replace, publish, commit, for each message."""

    def __init__(self, role: Role, broker: KafkaBroker) -> None:
        self._role = role
        self._broker = broker
        self._steps = role.steps
        self._stores = role.recipe.stores[role.service]
        self._database = role.database()
        self.payer = Payer(role.bank)

    async def take(self, told: Told) -> None:
        """Handles one message."""
        if self._stores.added and told.fact != REPORT:
            content = {"claim": told.claim, "x": "x" * self._stores.added_bytes}
            await self._database["added"].insert_one(content)
        if told.fact in self._steps:
            await self._do(self._steps[told.fact], told.claim)

    async def _do(self, step: Step, claim: str) -> None:
        documents = self._database["replaced"]
        found: dict[str, Any] = await documents.find_one({"_id": claim}) or {"_id": claim}
        changed = found | {"x": "x" * self._stores.replaced_bytes}
        await documents.replace_one({"_id": claim}, changed, upsert=True)
        for said in step.says:
            marked = marks(said, claim, step.cause)
            await self._broker.publish(
                Told(claim=claim, fact=said.type, rest=filler(said, claim, marked)),
                self._role.topic,
                key=claim.encode(),
                headers={name: content.decode() for name, content in marked},
            )
            if said.type in self._steps:
                await self.payer.pay(claim)
                await self._do(self._steps[said.type], claim)


async def main(role: Role) -> None:
    """Runs until the process is ended."""
    broker = KafkaBroker(role.kafka, acks="all", logger=None)
    usual = Usual(role, broker)

    @broker.subscriber(
        *role.topics,
        group_id=role.topic,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.ACK,
    )
    async def on_message(told: Told) -> None:
        await usual.take(told)

    if ORDERED in role.steps:
        await usual.payer.start()
    await FastStream(broker, logger=None).run()


if __name__ == "__main__":
    uvloop.run(main(told()))
