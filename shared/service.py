"""One service as a process: its store, bus, doors and HTTP side, started and stopped in order.

Wiring is plain code: a service's `__main__` makes a `Process`, asks it for doors, says what it
hears, and calls `serve`. HTTP answers from the first moment; Kafka and MongoDB are waited for.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import stamina
import uvicorn
from fastapi import APIRouter, FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from shared import problems
from shared.asyncapi import asyncapi
from shared.bus import Bus
from shared.contracts.base import Service
from shared.decider import Decider
from shared.errors import Weather
from shared.http import BodyLimit, Commands
from shared.listener import Hears, Listener
from shared.parked import parked_routes
from shared.problems import Problem
from shared.releasing import Releasing
from shared.room import Room
from shared.runtime import Caller, Door, Lookup
from shared.settings import Settings
from shared.store import Documents, Journal, Store
from shared.telemetry import telemetry

S = TypeVar("S")
log = logging.getLogger(__name__)

LONGEST_SILENCE_S = 30.0
"""A consumer that has not polled for so long is stuck: not ready."""


def utc_now() -> datetime:
    """The time, to the microsecond, in UTC."""
    return datetime.now(UTC)


class Process:
    """What a service is made of. Build the doors first, then `hear`, then `serve`."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.clock = utc_now
        self.telemetry = telemetry(service)
        self.store = Store(settings.mongo, f"{settings.database}_{service}")
        self.bus = Bus(settings, service)
        self.parking, self.acts = self.store.parking(), self.store.acts()
        self.room = Room(self.parking, settings.parked_per_claim, settings.parked_most)
        self.commands = Commands(settings.insurer, self.clock)
        self.failed = False
        self._doors: list[Door[Any]] = []
        self._preparing: list[Callable[[], Awaitable[None]]] = [
            self.parking.prepare,
            self.acts.prepare,
        ]
        self._ending: list[Callable[[], Awaitable[None]]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def door(
        self,
        decider: Decider[S],
        indexes: Sequence[str] = (),
        lookup: Lookup | None = None,
        caller: Caller | None = None,
    ) -> tuple[Door[S], Documents]:
        """The door to one kind of document, and the documents to read for views."""
        documents = self.store.documents(decider.kind)
        door = Door(
            decider,
            documents,
            self.parking,
            self.bus,
            self.telemetry,
            self.clock,
            lookup,
            caller,
            self.settings.member,
        )
        self._doors.append(door)
        self._preparing.append(lambda: documents.prepare(*indexes))
        return door, documents

    def journal(self, name: str, index: str) -> Journal:
        """Records that are only ever added, found again by `index`."""
        journal = self.store.journal(name)
        self._preparing.append(lambda: journal.prepare(index))
        return journal

    def hear(self, services: Sequence[Service], hears: Hears) -> None:
        """Says which facts of which services go to which door."""
        listener = Listener(hears, self.parking, self.room, self.clock, self._doors)
        self.bus.listen(services, listener)
        self.releasing = Releasing(self.parking, self.acts, listener.retry, self.clock)

    def at_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Closes what the service itself opened, once its outside calls are over."""
        self._ending.append(close)

    def app(self, *routers: APIRouter, longer: dict[str, int] | None = None) -> FastAPI:
        """The HTTP side: the service's own routes, health, parked messages, descriptions."""
        name = str(self.service)
        app = FastAPI(
            title=f"Claimpath {name}",
            version="0.1.0",
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
            openapi_url=f"/{name}/openapi.json",
            responses=problems.DESCRIPTION,
        )
        parked = parked_routes(self.parking, self.acts, self.releasing)
        for router in (*routers, parked, self._health()):
            app.include_router(router, prefix=f"/{name}")
        problems.install(app)
        app.add_middleware(BodyLimit, longer=longer or {})
        provider = self.telemetry.provider
        FastAPIInstrumentor.instrument_app(
            app,
            tracer_provider=provider,
            excluded_urls="health",
            exclude_spans=["receive", "send"],
        )
        HTTPXClientInstrumentor().instrument(tracer_provider=provider)
        return app

    def serve(self, app: FastAPI) -> int:
        """Runs until SIGTERM or SIGINT; the exit code is not 0 if a part of it died."""
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        for chatty in ("httpx", "aiokafka"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        config = uvicorn.Config(
            app,
            host=self.settings.host,
            port=self.settings.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=int(self.settings.drain_s),
        )
        self._server = uvicorn.Server(config)
        _let_garbage_wait()
        # Having stopped cleanly, uvicorn raises the signal again; that must not count as a crash.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._server.run()
        return 1 if self.failed else 0

    def _health(self) -> APIRouter:
        routes = APIRouter(tags=["operations"])

        @routes.get("/health/live")
        async def live() -> dict[str, str]:
            """The process answers."""
            return {"status": "live"}

        @routes.get("/health/started")
        async def started() -> dict[str, str]:
            """MongoDB answers, and Kafka was polled lately."""
            await self.store.ping()
            silence = self.bus.silence()
            if silence is None or silence > LONGEST_SILENCE_S:
                raise Problem(503, "away", f"Kafka was last polled {silence} seconds ago.")
            return {"status": "started"}

        @routes.get("/health/ready")
        async def ready() -> dict[str, str]:
            """The same, and events are taken: the parking has room."""
            await started()
            if reason := self.room.reason():
                raise Problem(503, "parking-full", reason)
            return {"status": "ready"}

        @routes.get("/asyncapi.json")
        async def events() -> dict[str, Any]:
            """The events this service publishes, as AsyncAPI 3."""
            return asyncapi(self.service, self.bus.topic)

        return routes

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        self._start(self._connected())
        self._start(self.bus.broken())
        for door in self._doors:
            self._start(door.run())
        yield
        await self._stop()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A background part that dies takes the process with it: loudly, to be restarted."""
        if not task.cancelled() and (error := task.exception()):
            log.critical("%s ends: %r", self.service, error, exc_info=error)
            self.failed = True
            self._server.should_exit = True

    async def _connected(self) -> None:
        async for attempt in stamina.retry_context(
            on=Weather, attempts=None, timeout=None, wait_max=5.0
        ):
            with attempt:
                await self._prepare()
        await self._look_round()

    async def _prepare(self) -> None:
        for prepare in self._preparing:
            await prepare()
        for door in self._doors:
            await door.take_over()
        await self.bus.start()

    async def _look_round(self) -> None:
        """Timers, owed facts, room in the parking and freed queues, again and again."""
        while True:
            try:
                for door in self._doors:
                    await door.tick()
                    await door.sweep()
                await self.room.look()
                await self.releasing.bury()
                await self.releasing.free()
            except Weather as error:
                log.warning("%s waits: %s", self.service, error)
            await asyncio.sleep(self.settings.sweep_s)

    async def _stop(self) -> None:
        """Handles what is in hand, then leaves: bus, outside calls, the rest."""
        await self.bus.stop()
        for door in self._doors:
            await door.drain(self.settings.drain_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self._ending:
            await close()
        self.store.close()
        await asyncio.to_thread(self.telemetry.close)


def _let_garbage_wait() -> None:
    """What was imported stays for ever, and batches make many short-lived objects.

    The collector's default, a look at every 700 new objects, is for smaller programs; reference
    counts free nearly all of ours without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
