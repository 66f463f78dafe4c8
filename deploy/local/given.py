"""A server of the user's own: we never start or stop it, but we do wait for it."""

import asyncio
import time

from deploy.local.health import healthy
from deploy.local.server import without_password
from deploy.local.trouble import Trouble


class Given:
    """A server named by a setting, reached at `url`; `shown` is that without its password."""

    def __init__(self, name: str, setting: str, url: str) -> None:
        self.name = name
        self.setting = setting
        self.probe = url
        self.shown = without_password(url)
        self.address = self.shown.removeprefix("kafka://")

    async def start(self, seconds: float = 30.0) -> None:
        """Wait until it answers; raises `Trouble` after so many seconds."""
        deadline = time.monotonic() + seconds
        while not await healthy(self.probe):
            if time.monotonic() > deadline:
                raise Trouble(
                    f"Your own {self.name} at {self.address} ({self.setting}) did not answer "
                    f"for {seconds:.0f} seconds."
                )
            await asyncio.sleep(0.2)
