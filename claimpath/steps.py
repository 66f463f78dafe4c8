"""Progress bars, on the error output, for people who wait. Programs and pipes see none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]


class Steps:
    """What is being done, and how far it has come."""

    def __init__(self, visible: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not visible,
        )

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Advance]:
        """One bar, from 0 to `total`; call the function with what was done since."""
        if not total:
            yield lambda _: None
            return
        bar = self._progress.add_task(what, total=total)
        yield lambda done: self._progress.advance(bar, done)

    def __enter__(self) -> Steps:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
