"""A real service whose clock is wrong: `python -m tests.faults.network.clocked FOLDER SERVICE`.

`FOLDER/SERVICE.clock` says by how many seconds, and may change while the service runs; without it
the clock is right. The one clock that all services are given is wrapped here, in the test's own
program.
"""

from __future__ import annotations

import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path

from shared import service


def main() -> None:
    """Runs the service."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    file, right = folder / f"{name}.clock", service.utc_now

    def wrong() -> datetime:
        try:
            return right() + timedelta(seconds=float(file.read_text()))
        except FileNotFoundError:
            return right()

    service.utc_now = wrong  # type: ignore[assignment]
    sys.argv = [name]
    runpy.run_module(f"services.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
