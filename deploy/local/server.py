"""What every part that runs as a process has in common: start, be asked, stop, be killed."""

import asyncio
import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.health import healthy
from deploy.local.process import Process
from deploy.local.trouble import Trouble

LIBRARY_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}


class Server:
    """A part of the network in a process of its own.

    `probe` is the URL that tells whether it is well, `address` what people are shown, `grace`
    the seconds it gets to end by itself. Subclasses say what to run.
    """

    grace = 10.0

    def __init__(self, name: str, data: Path, address: str, probe: str) -> None:
        self.name = name
        self.data = data.resolve()
        self.address = address
        self.probe = probe
        self.process = Process(self.data / "logs" / f"{name}.log")

    def command(self) -> Sequence[str]:
        """The program and its arguments; raises `Trouble` when the program is missing."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str] | None:
        """The child's environment; None hands on our own."""
        return None

    async def prepare(self) -> None:
        """What must be on disk before the process starts."""

    async def ready(self) -> bool:
        """Whether it can do its work now."""
        return self.process.alive and await healthy(self.probe)

    async def start(self, seconds: float = 60.0) -> None:
        """Start it and wait until it is ready; raises `Trouble` with the end of its log if not."""
        await self.launch()
        await self.wait_ready(seconds)

    async def launch(self) -> None:
        """Start the process without waiting for it; raises `Trouble` if it cannot be run."""
        await self.prepare()
        command = self.command()
        try:
            self.process.spawn(command, self.environment())
        except OSError as error:
            raise Trouble(f"{self.name} cannot be run: {command[0]}: {error.strerror}.") from error

    async def wait_ready(self, seconds: float) -> None:
        """Wait until it is ready; raises `Trouble` if it ends first or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not await self.ready():
            if not self.process.alive:
                raise Trouble(self._died())
            if time.monotonic() > deadline:
                raise Trouble(self._late(seconds))
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """SIGTERM, the grace period, then SIGKILL; returns when the process is gone."""
        await self.process.stop(self.grace)

    async def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        await self.process.kill()

    def ending(self) -> str:
        """How the process ended, in words."""
        code = self.process.code
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def _died(self) -> str:
        tail = self.process.tail()
        return _missing_library(self.name, tail) or (
            f"{self.name} {self.ending()} while starting. {self._log_says(tail)}"
        )

    def _late(self, seconds: float) -> str:
        return (
            f"{self.name} is not ready after {seconds:.0f} seconds, waited for "
            f"{without_password(self.probe)}. {self._log_says(self.process.tail())}"
        )

    def _log_says(self, tail: str) -> str:
        if not tail:
            return f"Its log {self.process.log} is empty."
        return f"Its log {self.process.log} ends with:\n{tail}"


def without_password(url: str) -> str:
    """The URL as it may be shown and stored, without user name and password."""
    return re.sub(r"//[^/]*@", "//", url)


def _missing_library(name: str, log: str) -> str | None:
    found = re.search(r"error while loading shared libraries: ([^\s:]+)", log)
    if found is None:
        return None
    library = found[1]
    package = LIBRARY_PACKAGES.get(library)
    advice = f": apt-get install {package}" if package else " with the system's package manager"
    return f"{name} cannot load {library}; install it{advice}."
