"""A service whose clock is wrong. The one clock that all are given is wrapped, in a test's process.

The product knows nothing of this.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from shared import service


def wrap(file: Path) -> None:
    """The file says by how many seconds, and may change; without it the clock is right."""
    right = service.utc_now

    def wrong() -> datetime:
        try:
            return right() + timedelta(seconds=float(file.read_text()))
        except FileNotFoundError:
            return right()

    service.utc_now = wrong  # type: ignore[assignment]
