"""What is running on a data folder: the run file that `status` and `down` read, and its lock."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from deploy.local.process import is_running, start_tick
from deploy.local.trouble import Trouble


@dataclass(frozen=True)
class PartRecord:
    """A part as the run file knows it; `pid` is None for a server of the user's own.

    `tick` is the process's start in clock ticks since boot, `since` in seconds of the epoch.
    """

    name: str
    address: str
    probe: str
    pid: int | None = None
    tick: int | None = None
    since: float = 0.0

    @property
    def running(self) -> bool:
        """Whether its process lives; a server of the user's own counts as running."""
        return self.pid is None or (self.tick is not None and is_running(self.pid, self.tick))


@dataclass(frozen=True)
class Run:
    """A network on a data folder. `kafka` is apache, tansu or own; `pid` is the launcher's."""

    pid: int
    tick: int
    gateway: str
    kafka: str
    state: str = "starting"
    parts: list[PartRecord] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether the launcher that wrote this still lives."""
        return is_running(self.pid, self.tick)


class RunFile:
    """`run.json` and `lock` in a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._file = data / "run.json"
        self._lock: IO[bytes] | None = None

    def lock(self) -> None:
        """Keep other launchers off this folder; raises `Trouble` if one is there already."""
        held = (use_folder(self.data) / "lock").open("ab")
        try:
            # The kernel lets go of it when the launcher ends, however it ends.
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.close()
            raise Trouble(self._occupied()) from error
        self._lock = held

    def forget(self) -> None:
        """Remove the run file of a launcher that was killed."""
        self._file.unlink(missing_ok=True)

    def release(self) -> None:
        """Remove the run file and let other launchers in."""
        if self._lock is not None:
            self.forget()
            self._lock.close()
            self._lock = None

    def write(self, run: Run) -> None:
        """Store what runs now, all or nothing."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(run), indent=2) + "\n")
        fresh.replace(self._file)

    def read(self) -> Run | None:
        """What was stored last; None if nothing runs here or the file cannot be understood."""
        try:
            return _run(json.loads(self._file.read_text()))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def _occupied(self) -> str:
        run = self.read()
        whose = f" (process {run.pid}, {run.gateway})" if run is not None else ""
        return (
            f"A network already runs on {self.data}{whose}; `claimpath down` stops it, "
            "another --data and --port start a second one beside it."
        )


def me() -> tuple[int, int]:
    """Our own pid and start tick."""
    return os.getpid(), start_tick(os.getpid()) or 0


def use_folder(folder: Path) -> Path:
    """Make the folder if it is missing; raises `Trouble` if it cannot be used."""
    try:
        # A data folder holds the sealing keys: it is nobody else's to read.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"The folder {folder} cannot be used: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise Trouble(f"The folder {folder} is not ours to write to.")
    return folder


def _run(stored: dict[str, Any]) -> Run:
    parts = [PartRecord(**part) for part in stored.pop("parts")]
    return Run(**stored, parts=parts)
