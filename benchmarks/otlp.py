"""A collector that takes spans and throws them away, for next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Sink:
    """Answers 200 to every POST; `bytes` counts what came."""

    def __init__(self) -> None:
        self.url = ""
        self.bytes = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until the other side hangs up."""
        with suppress(EOFError, ConnectionError):
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                self.bytes += len(await reader.readexactly(length))
                writer.write(TAKEN)
        writer.close()


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    """Listens on a free port of the loopback."""
    taking = Sink()
    server = await asyncio.start_server(taking.answer, "127.0.0.1", 0, limit=2**20)
    taking.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield taking
    finally:
        server.close()
