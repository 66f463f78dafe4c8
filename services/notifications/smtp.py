"""Connections to one mail server: few, reused, and given up when they have rested too long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiosmtplib import SMTP

STEP_S = 10.0
"""Longest wait for one answer of the server."""
FRESH_S = 5.0
"""A connection that rested longer may have been closed by the server: a new one is made."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is, and who we are there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None

    def client(self) -> SMTP:
        """A client that is not connected yet. It uses TLS where the server offers it."""
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            timeout=STEP_S,
        )


class Connections:
    """At most `most` connections at a time; who finds none free waits for one."""

    def __init__(self, server: Server, most: int) -> None:
        self._server = server
        self._slots = asyncio.Semaphore(most)
        self._resting: list[tuple[float, SMTP]] = []

    @asynccontextmanager
    async def slot(self, wait_s: float) -> AsyncIterator[None]:
        """The right to use one connection. Raises TimeoutError if none is free for so long."""
        await asyncio.wait_for(self._slots.acquire(), wait_s)
        try:
            yield
        finally:
            self._slots.release()

    async def take(self) -> SMTP:
        """A connection that can be used now. Raises what connecting raises."""
        while self._resting:
            since, client = self._resting.pop()
            if client.is_connected and time.monotonic() - since < FRESH_S:
                return client
            client.close()
        client = self._server.client()
        await client.connect()
        return client

    def give_back(self, client: SMTP) -> None:
        """Keeps it for the next letter, if it still stands."""
        if client.is_connected:
            self._resting.append((time.monotonic(), client))

    def close(self) -> None:
        """Ends the connections that rest."""
        while self._resting:
            self._resting.pop()[1].close()
