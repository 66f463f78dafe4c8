"""Which Kafka a machine gets, and what that means for the events."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from deploy.local import binaries, jars
from deploy.local.kafka import Kafka, Tansu
from deploy.local.trouble import Trouble

BrokerKind = Literal["auto", "apache", "tansu"]
Broker = Kafka | Tansu


class Brokers:
    """The choice for one network: its data folder and the two ports a broker may need."""

    def __init__(
        self, data: Path, port: int, controller_port: int, say: Callable[[str], None]
    ) -> None:
        self._data, self._port, self._controller_port = data, port, controller_port
        self._say = say

    async def choose(self, kind: BrokerKind) -> Broker:
        """Apache Kafka where it can run, else Tansu; says which one and what that means."""
        broker = await self._automatic() if kind == "auto" else self._named(kind)
        title = f"Apache Kafka {jars.KAFKA}" if broker.kind == "apache" else "Tansu"
        self._say(f"Kafka is {title}: {broker.durability}.")
        return broker

    def _named(self, kind: BrokerKind) -> Broker:
        if kind == "tansu":
            return Tansu(self._data, self._port)
        return Kafka(self._data, self._port, self._controller_port, self._say)

    async def _automatic(self) -> Broker:
        try:
            await _apache_can_run(self._say)
        except Trouble as reason:
            self._say(f"Without Apache Kafka: {reason}")
            return self._named("tansu")
        return self._named("apache")


async def _apache_can_run(say: Callable[[str], None]) -> None:
    if binaries.java() is None:
        raise Trouble("there is no Java 17 or newer here.")
    await jars.fetch(say)
