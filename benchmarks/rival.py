"""What the bare relay and the usual way have in common: who they are told to be, and the bank."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from benchmarks.recipe import Recipe, Said, Step, read
from benchmarks.wire import Wire, post
from shared.contracts.payments import PaymentOrdered

LINES = 16
"""Connections to the bank."""
ORDERED = PaymentOrdered.type
"""What the bank is called about, between this fact and the next."""


@dataclass(frozen=True, slots=True)
class Role:
    """One process's part: its service, the recipe, and where its servers are."""

    service: str
    recipe: Recipe
    kafka: str
    mongo: str
    bank: str
    name: str

    @property
    def steps(self) -> dict[str, Step]:
        """What it does, by cause."""
        return self.recipe.of(self.service)

    @property
    def topics(self) -> list[str]:
        """What it hears; the one that reports come on, if it takes them."""
        heard = [f"{self.name}.{service}" for service in self.recipe.hears[self.service]]
        return [*heard, f"{self.name}.report"] if "report" in self.steps else heard

    @property
    def topic(self) -> str:
        """Where it speaks."""
        return f"{self.name}.{self.service}"

    def database(self) -> Any:
        """Its store, with the write concern of the product's."""
        client: Any = AsyncIOMotorClient(self.mongo, w="majority", journal=True)
        return client[f"{self.name}_{self.service}"]

    def environment(self) -> dict[str, str]:
        """How a process is told."""
        return {
            "BENCH_SERVICE": self.service,
            "BENCH_KAFKA": self.kafka,
            "BENCH_MONGO": self.mongo,
            "BENCH_BANK": self.bank,
            "BENCH_NAME": self.name,
        }


def told() -> Role:
    """The role in this process's environment."""
    names = ("SERVICE", "KAFKA", "MONGO", "BANK", "NAME")
    service, kafka, mongo, bank, name = (os.environ[f"BENCH_{each}"] for each in names)
    recipe = read(Path(os.environ["BENCH_RECIPE"]))
    return Role(service, recipe, kafka, mongo, bank, name)


def marks(said: Said, claim: str, cause: str) -> list[tuple[str, bytes]]:
    """The headers that whoever counts looks at; the id is the same for the same cause."""
    return [
        ("ce_type", said.type.encode()),
        ("ce_subject", claim.encode()),
        ("ce_id", f"{claim}/{cause}/{said.type}".encode()),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
    ]


def filler(said: Said, claim: str, marked: list[tuple[str, bytes]]) -> str:
    """As many characters as the real fact has bytes besides key and marks."""
    taken = len(claim) + sum(len(name) + len(content) for name, content in marked)
    return "x" * max(1, said.bytes - taken)


class Payer:
    """Orders transfers at the bank, on a few connections."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.Queue[Wire] = asyncio.Queue()
        self._numbers: Iterator[int] = count()

    async def start(self) -> None:
        """Connects."""
        for _ in range(LINES):
            self._free.put_nowait(await Wire.to(self._url))

    async def pay(self, claim: str) -> None:
        """Has one amount moved. Raises `RuntimeError` if the bank does not take it."""
        order = f"{claim}-{next(self._numbers)}"
        body = {
            "end_to_end_id": order,
            "amount": {"minor": 200_898, "currency": "CNY"},
            "creditor_account": "6222000000000007788",
            "creditor_name": "王伟",
            "remittance": claim,
        }
        request = post(
            "/sandbox/bank/transfers", json.dumps(body).encode(), "application/json", order
        )
        wire = await self._free.get()
        answer = await wire.ask(request)
        self._free.put_nowait(wire)
        if answer.status not in (200, 201):
            raise RuntimeError(f"the bank answered {answer.status}: {answer.body!r}")
