"""The whole network on one machine: servers, sandboxes, services and the gateway."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from deploy.local.broker import Broker, BrokerKind, Brokers
from deploy.local.gateway import Gateway
from deploy.local.given import Given
from deploy.local.health import healthy
from deploy.local.kafka import Tansu, nothing
from deploy.local.mongo import Mongo
from deploy.local.parts import KAFKA, KAFKA_CONTROLLER, MONGO, PROGRAMS, Program
from deploy.local.ports import LOOPBACK, require_free
from deploy.local.process import start_tick
from deploy.local.program import RunningProgram
from deploy.local.revival import Revival
from deploy.local.runfile import PartRecord, Run, RunFile, me
from deploy.local.server import Server
from deploy.local.settings import settings
from deploy.local.together import together
from deploy.local.trouble import Trouble

PART_SECONDS = 300.0


class Network:
    """A network on a data folder, with its gateway on `port` and all other ports after it.

    `kafka` (host:port) and `mongo` (a mongodb:// URL) name servers of your own, then none of that
    kind is started. `environment` is laid over that of the services. `programs` is what runs
    between the servers and the gateway. Progress and mishaps are told to `say`.
    """

    def __init__(
        self,
        data: Path,
        port: int,
        *,
        kafka: str | None = None,
        mongo: str | None = None,
        broker: BrokerKind = "auto",
        environment: Mapping[str, str] | None = None,
        programs: Sequence[Program] = PROGRAMS,
        say: Callable[[str], None] = nothing,
    ) -> None:
        self.data = data.resolve()
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self.kafka = kafka or f"{LOOPBACK}:{port + KAFKA}"
        self.mongo = mongo or Mongo(self.data, port + MONGO).url
        self.file = RunFile(self.data)
        self.say = say
        self.parts: dict[str, Server] = {}
        self.given = _given(kafka, mongo)
        self._broker = broker
        self.environment = dict(environment or {})
        self._programs = programs
        self._kafka_kind = "own"
        self._state = "starting"
        self._held: set[str] = set()
        self._watches: list[asyncio.Task[None]] = []

    async def up(self) -> None:
        """Start everything and wait until all is healthy.

        Raises `Trouble` with the reason if it cannot be; then nothing is left running.
        """
        self.file.lock()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.down)
            await self._start_all()
            undo.pop_all()

    async def down(self) -> None:
        """Stop everything in reverse order; returns when nothing is left."""
        self._state = "stopping"
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        self._watches.clear()
        await asyncio.gather(*(part.stop() for part in self._running_programs()))
        for name in ("gateway", "kafka", "mongo"):
            if name in self.parts:
                await self.parts[name].stop()
        self.file.release()

    async def start(self, name: str) -> None:
        """Start one part that was stopped or killed and wait until it is ready."""
        await self.parts[name].start(PART_SECONDS)
        self._held.discard(name)
        self._record()

    async def stop(self, name: str) -> None:
        """Stop one part with SIGTERM; it stays down until it is started."""
        self._held.add(name)
        await self.parts[name].stop()

    async def kill(self, name: str) -> None:
        """End one part with SIGKILL; it stays down until it is started."""
        self._held.add(name)
        await self.parts[name].kill()

    async def restart(self, name: str) -> None:
        """Stop one part and start it again."""
        await self.stop(name)
        await self.start(name)

    async def _start_all(self) -> None:
        require_free(self._ports())
        self._record()
        told = self._settings()
        await together([self._start_mongo(), self._start_kafka()])
        await together([self._start_program(program, told) for program in self._programs])
        await self._start_gateway()
        self._watches = [asyncio.create_task(self._watch(part)) for part in self.parts.values()]
        self._state = "up"
        self._record()

    async def _start_mongo(self) -> None:
        if "mongo" in self.given:
            await self._wait_for(self.given["mongo"])
        else:
            await self._start(Mongo(self.data, self.port + MONGO))

    async def _start_kafka(self) -> None:
        if "kafka" in self.given:
            await self._wait_for(self.given["kafka"])
            return
        ports = self.port + KAFKA, self.port + KAFKA_CONTROLLER
        broker: Broker = await Brokers(self.data, *ports, self.say).choose(self._broker)
        self._kafka_kind = broker.kind
        await self._start(broker)

    async def _start_program(self, program: Program, told: Mapping[str, str]) -> None:
        await self._start(RunningProgram(program, self.data, self.port, told))

    async def _start_gateway(self) -> None:
        """Start the gateway and wait until every program can be reached through it."""
        programs = self._running_programs()
        routes = {part.program.route: part.url for part in programs}
        await self._start(Gateway(self.data, self.port, routes))
        paths = [part.program.started or part.program.health for part in programs]
        await together([self._reachable(path) for path in paths])

    async def _reachable(self, path: str) -> None:
        for _ in range(100):
            if await healthy(self.url + path):
                return
            await asyncio.sleep(0.1)
        raise Trouble(f"The gateway does not lead to {self.url}{path}.")

    async def _wait_for(self, given: Given) -> None:
        self.say(f"Using your own {given.name} at {given.address} ({given.setting}).")
        await given.start()

    async def _start(self, part: Server) -> None:
        self.parts[part.name] = part
        await part.start(PART_SECONDS)
        self._record()
        self.say(f"{part.name} is ready.")

    async def _watch(self, part: Server) -> None:
        def wanted() -> bool:
            return part.name not in self._held

        await Revival(part, wanted, lambda: self._revive(part), self.say).watch()

    async def _revive(self, part: Server) -> None:
        if isinstance(part, Tansu):
            await self._revive_together(part)
        else:
            await part.start(PART_SECONDS)
        self._record()
        self.say(f"{part.name} is ready again.")

    async def _revive_together(self, broker: Tansu) -> None:
        """Tansu forgets topics and groups, which only a service's start makes anew."""
        programs = [part for part in self._running_programs() if part.name not in self._held]
        names = {part.name for part in programs}
        # Held, so that their own watches do not take this stop for a death.
        self._held |= names
        try:
            await together([part.stop() for part in programs])
            await broker.start(PART_SECONDS)
            await together([part.start(PART_SECONDS) for part in programs])
        finally:
            self._held -= names

    def _running_programs(self) -> list[RunningProgram]:
        return [part for part in self.parts.values() if isinstance(part, RunningProgram)]

    def _settings(self) -> dict[str, str]:
        """The environment of the programs; the caller's wins over the launcher's."""
        named = {**os.environ, **self.environment}
        return settings(self.data, self.port, self.kafka, self.mongo, named)

    def _ports(self) -> dict[str, int]:
        """Every port that will be listened on, and by whom."""
        ports = {program.name: self.port + program.offset for program in self._programs}
        for program in self._programs:
            for setting, offset in program.more_ports.items():
                ports[f"{program.name}: {setting}"] = self.port + offset
        if "mongo" not in self.given:
            ports["mongo"] = self.port + MONGO
        if "kafka" not in self.given:
            ports |= {"kafka": self.port + KAFKA, "kafka-controller": self.port + KAFKA_CONTROLLER}
        return {"gateway": self.port, **ports}

    def _record(self) -> None:
        """Tell the run file what runs now."""
        pid, tick = me()
        given = [PartRecord(own.name, own.address, own.shown) for own in self.given.values()]
        parts = given + [_record(part) for part in self.parts.values()]
        self.file.write(Run(pid, tick, self.url, self._kafka_kind, self._state, parts))


def _given(kafka: str | None, mongo: str | None) -> dict[str, Given]:
    given = {}
    if mongo is not None:
        given["mongo"] = Given("mongo", "CLAIMPATH_MONGO", mongo)
    if kafka is not None:
        given["kafka"] = Given("kafka", "CLAIMPATH_KAFKA", f"kafka://{kafka}")
    return given


def _record(part: Server) -> PartRecord:
    pid = part.process.pid
    # A part that has ended keeps its place in the table, with a pid that is nobody's.
    tick = start_tick(pid) if pid is not None else None
    return PartRecord(part.name, part.address, part.probe, pid or 0, tick, part.process.since)
