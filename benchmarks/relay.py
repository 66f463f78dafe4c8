"""The bare relay: raw aiokafka and bulk writes, as many hops, bytes and writes as the product.

It knows no claim, checks nothing, remembers nothing: what comes in goes out as bytes of the right
length. So it shows what Kafka and MongoDB would give a program that does nothing else. One
process for each service: `python -m benchmarks.relay`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from pymongo import InsertOne, ReplaceOne

from benchmarks.recipe import REPORT, Step
from benchmarks.rival import ORDERED, Payer, Role, filler, marks, told

BATCH = 500
"""Records handled together, at most; as in the product."""

Records = Sequence["ConsumerRecord[bytes, bytes]"]


class Relay:
    """One process: batch by batch it adds, replaces, publishes and commits."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._steps = role.steps
        self._stores = role.recipe.stores[role.service]
        self._database = role.database()
        self._payer = Payer(role.bank)
        self._producer: Any = None

    async def run(self) -> None:
        """Until the process is ended."""
        role = self._role
        self._producer = AIOKafkaProducer(bootstrap_servers=role.kafka, acks="all")
        consumer: Any = AIOKafkaConsumer(
            *role.topics,
            bootstrap_servers=role.kafka,
            group_id=role.topic,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
        )
        if ORDERED in self._steps:
            await self._payer.start()
        await self._producer.start()
        await consumer.start()
        while True:
            batches = await consumer.getmany(timeout_ms=250, max_records=BATCH)
            records = [record for batch in batches.values() for record in batch]
            if records:
                await self._handle(records)
                await consumer.commit()

    async def _handle(self, records: Records) -> None:
        heard = [record for record in records if not record.topic.endswith(f".{REPORT}")]
        await asyncio.gather(self._add(heard), self._take(records))

    async def _add(self, records: Records) -> None:
        """The journal: one insert for each record heard, where the product keeps one."""
        if self._stores.added and records:
            content = "x" * self._stores.added_bytes
            added = [
                InsertOne({"_id": f"{r.topic}/{r.partition}/{r.offset}", "x": content})
                for r in records
            ]
            await self._database["added"].bulk_write(added, ordered=False)

    async def _take(self, records: Records) -> None:
        for cause, step in self._steps.items():
            claims = [r.key.decode() for r in records if r.headers[0][1].decode() == cause]
            if claims:
                await self._do(step, claims)

    async def _do(self, step: Step, claims: Sequence[str]) -> None:
        """Saves, says, saves again what the recipe has more writes; then what follows from it."""
        shares = list(self._shares())
        await self._replace(claims, shares[0] if shares else 0.0)
        await self._say(step, claims)
        for share in shares[1:]:
            await self._replace(claims, share)
        for said in step.says:
            if said.type in self._steps:  # caused by our own fact: the bank's answer
                await asyncio.gather(*(self._payer.pay(claim) for claim in claims))
                await self._do(self._steps[said.type], claims)

    def _shares(self) -> Iterator[float]:
        """For each write of a step, the share of the claims that have it: 1, 1, 0.5 for 2.5."""
        writes = self._stores.replaced / len(self._steps)
        while writes > 0:
            yield min(1.0, writes)
            writes -= 1

    async def _replace(self, claims: Sequence[str], share: float) -> None:
        content = "x" * self._stores.replaced_bytes
        some = claims[: round(len(claims) * share)]
        writes = [ReplaceOne({"_id": c}, {"_id": c, "x": content}, upsert=True) for c in some]
        if writes:
            await self._database["replaced"].bulk_write(writes, ordered=False)

    async def _say(self, step: Step, claims: Sequence[str]) -> None:
        sent = [
            await self._producer.send(
                self._role.topic,
                filler(said, claim, marked).encode(),
                key=claim.encode(),
                headers=marked,
            )
            for claim in claims
            for said in step.says
            for marked in [marks(said, claim, step.cause)]
        ]
        await asyncio.gather(*sent)


if __name__ == "__main__":
    uvloop.run(Relay(told()).run())
