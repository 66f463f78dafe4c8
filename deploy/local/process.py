"""One child process: its log file, its end, and the promise that it never outlives us."""

import asyncio
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 20_000_000
_libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """A child whose output goes to `log` and which the kernel kills when we are gone.

    Spawn from the main thread only: the kernel counts the end of the spawning *thread* as the
    parent's death.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.since = 0.0

    def spawn(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start the child; raises `OSError` when the program cannot be run."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        _rotate(self.log)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._child = subprocess.Popen(
                list(command),
                env=dict(os.environ if environment is None else environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C must reach us alone, we then stop the parts in order.
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )
        self.since = time.time()

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id while the child lives."""
        return self._child.pid if self._child is not None and self.alive else None

    @property
    def code(self) -> int | None:
        """The exit code once it has ended; minus the signal's number if a signal ended it."""
        return self._child.poll() if self._child is not None else None

    def tail(self, lines: int = 12) -> str:
        """The last lines this child wrote."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as text:
            text.seek(max(self._log_start, self.log.stat().st_size - 16_384))
            return "\n".join(text.read().decode(errors="replace").splitlines()[-lines:])

    async def stop(self, grace: float) -> None:
        """Ask it to end, wait `grace` seconds, then kill it; returns when it is gone."""
        self._signal(signal.SIGTERM)
        if not await self.ended(grace):
            await self.kill()

    async def kill(self) -> None:
        """End it at once and wait until it is gone."""
        self._signal(signal.SIGKILL)
        await self.ended(30.0)

    async def ended(self, seconds: float) -> bool:
        """Wait up to `seconds` for the child to end."""
        deadline = time.monotonic() + seconds
        # Polled: a child watcher's thread or signal would be one more party to wait for its end.
        while self.alive and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return not self.alive

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.alive:
            self._child.send_signal(number)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))


def _die_with(parent: int) -> Callable[[], None]:
    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died between the fork and the request above.
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def start_tick(pid: int) -> int | None:
    """When this process started, in clock ticks since boot; None if it is gone or a zombie.

    With the pid it names a process for good, however often the pid is used again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def is_running(pid: int, tick: int) -> bool:
    """Whether the very process that started at `tick` still runs under `pid`."""
    return start_tick(pid) == tick
