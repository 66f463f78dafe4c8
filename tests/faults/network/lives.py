"""A real service that is born again as soon as it has died, however it died.

    python -m tests.faults.network.lives FOLDER SERVICE NAME

The libraries are loaded once, and each life is forked from here: the next begins within a moment,
where a new interpreter would need seconds, and harm finds a service that works. `FOLDER/NAME.pid`
is the life of now; `FOLDER/NAME.ends` has one line for each that is over: the signal, below
nothing, or the exit code. SIGTERM to this process ends the life in good order, and no other
follows. What `dying` and `clocked` do to a life is asked for by files in the same folder.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pkgutil
import runpy
import signal
import sys
from pathlib import Path

from tests.faults.network import clocked, dying

PR_SET_PDEATHSIG = 1


class Lives:
    """The lives of one service, one after the other."""

    def __init__(self, folder: Path, service: str, name: str) -> None:
        self._folder, self._service, self._name = folder, service, name
        self._life = 0
        self._over = False

    def run(self) -> int:
        """Returns the exit code of the last life, when SIGTERM has ended it."""
        signal.signal(signal.SIGTERM, self._end)
        while True:
            self._life = os.fork()
            if self._life == 0:
                self._live()
            self._note("pid", f"{self._life}")
            code = os.waitstatus_to_exitcode(os.waitpid(self._life, 0)[1])
            with (self._folder / f"{self._name}.ends").open("a") as ends:
                ends.write(f"{code}\n")
            if self._over:
                return abs(code)

    def _end(self, *_: object) -> None:
        self._over = True
        if self._life:
            os.kill(self._life, signal.SIGTERM)

    def _live(self) -> None:
        """One life, in the forked process."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        dying.wrap(dying.Plan(self._folder, self._name))
        clocked.wrap(self._folder / f"{self._name}.clock")
        sys.argv = [self._service]
        runpy.run_module(f"services.{self._service}", run_name="__main__")
        os._exit(0)

    def _note(self, kind: str, text: str) -> None:
        fresh = self._folder / f"{self._name}.{kind}.fresh"
        fresh.write_text(text)
        fresh.rename(self._folder / f"{self._name}.{kind}")


def main() -> int:
    """Loads the service, and lives."""
    folder, service, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    package = importlib.import_module(f"services.{service}")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            importlib.import_module(f"services.{service}.{module.name}")
    return Lives(folder, service, name).run()


if __name__ == "__main__":
    sys.exit(main())
