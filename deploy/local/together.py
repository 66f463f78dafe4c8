"""Several things at once, with one answer when some of them fail."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from deploy.local.trouble import Trouble


async def together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of it; the first `Trouble` ends the rest and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failed:
        troubles, others = failed.split(Trouble)
        if others is not None or troubles is None:
            raise
        raise troubles.exceptions[0] from None
