"""Parts that died are started again: with pauses that grow, and not for ever."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from deploy.local.server import Server
from deploy.local.trouble import Trouble

LOOK_SECONDS = 0.25
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
MOST_TRIES = 10
STEADY_SECONDS = 60.0


class Revival:
    """Watches one part; `wanted` tells whether it should run, `revive` starts it again."""

    def __init__(
        self,
        part: Server,
        wanted: Callable[[], bool],
        revive: Callable[[], Awaitable[None]],
        say: Callable[[str], None],
    ) -> None:
        self._part, self._wanted, self._revive, self._say = part, wanted, revive, say
        self._tries = 0

    async def watch(self) -> None:
        """Runs until cancelled, or until the part has died too often."""
        while self._tries <= MOST_TRIES:
            await asyncio.sleep(LOOK_SECONDS)
            if self._wanted() and not self._part.process.alive:
                await self._died()

    async def _died(self) -> None:
        if time.time() - self._part.process.since > STEADY_SECONDS:
            self._tries = 0
        self._tries += 1
        what = f"{self._part.name} {self._part.ending()}"
        log = self._part.process.log
        if self._tries > MOST_TRIES:
            self._say(f"{what} and is left alone after {MOST_TRIES} new starts; its log: {log}")
            return
        pause = min(FIRST_PAUSE * 2 ** (self._tries - 1), LONGEST_PAUSE)
        self._say(f"{what}; starting it again in {pause:g} s; its log: {log}")
        await asyncio.sleep(pause)
        await self._try()

    async def _try(self) -> None:
        # Somebody may have started or stopped it during the pause.
        if not self._wanted() or self._part.process.alive:
            return
        try:
            await self._revive()
        except Trouble as trouble:
            self._say(str(trouble))
