"""Brings a network up and keeps it until someone asks it to end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.network import Network

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def keep(network: "Network", ready: Callable[[], None]) -> None:
    """Start it, call `ready` when it is healthy, stop it on Ctrl-C, SIGTERM or SIGHUP.

    Raises `Trouble` if it cannot be started.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, asked.set)
    if await _came_up(network, asked):
        ready()
        await asked.wait()
        network.say("Stopping ...")
        await network.down()
    network.say("Everything is stopped.")


async def _came_up(network: "Network", asked: asyncio.Event) -> bool:
    """Whether it is up; being asked to end in the middle of the start undoes the start."""
    starting = asyncio.create_task(network.up())
    asking = asyncio.create_task(asked.wait())
    await asyncio.wait({starting, asking}, return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
        return True
    return False
