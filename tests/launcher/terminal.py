"""A terminal in which the real `claimpath` is typed, with stand-ins for the programs it starts."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.parts import PORTS, PROGRAMS
from deploy.local.ports import free_ports
from deploy.local.program import ROOT
from deploy.local.runfile import Run, RunFile

STAND_IN = Path(__file__).with_name("stand_in.py")
COMMAND = [sys.executable, "-m", "claimpath"]


class Terminal:
    """A folder to work in, an environment, and a network's data folder and port."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_ports(PORTS)
        self.gateway = f"http://127.0.0.1:{self.port}"
        self.environment = {**_without_ours(), "CLAIMPATH_KEYS": str(folder), **environment}
        self.environment["PYTHONPATH"] = os.pathsep.join([str(_stand_ins(folder)), str(ROOT)])
        self._children: list[subprocess.Popen[str]] = []

    def up(self, *more: str) -> Sequence[str]:
        """The words of `claimpath up` for this network."""
        return ["up", "--data", str(self.data), "--port", str(self.port), *more]

    async def type(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end: exit code, what it printed, what it complained about."""
        child = self.begin(*words)
        printed, complained = await asyncio.to_thread(child.communicate, timeout=90)
        return child.returncode, printed, complained

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Run a command without waiting for it."""
        child = subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        return child

    def run(self) -> Run | None:
        """What the run file says."""
        return RunFile(self.data).read()

    def is_up(self) -> bool:
        """Whether the run file says that all is up."""
        run = self.run()
        return run is not None and run.running and run.state == "up"

    def part(self, name: str) -> int:
        """The pid of one part."""
        run = self.run()
        assert run is not None
        return next(part.pid for part in run.parts if part.name == name) or 0

    def close(self) -> None:
        """Leave nothing behind, whatever the test did."""
        run = self.run()
        if run is not None and run.running:
            os.kill(run.pid, signal.SIGKILL)
        for child in self._children:
            child.kill()
            child.communicate()


def _without_ours() -> dict[str, str]:
    """The environment without settings that the developer may have made for a network."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLAIMPATH_")}


def _stand_ins(folder: Path) -> Path:
    """A folder of modules named like ours, to stand before ours on Python's path."""
    place = folder / "stand-ins"
    for program in PROGRAMS:
        module = place.joinpath(*program.command[-1].split("."))
        module.mkdir(parents=True, exist_ok=True)
        (module.parent / "__init__.py").touch()
        (module / "__main__.py").write_text(STAND_IN.read_text())
    return place


def plant(folder: Path, name: str, script: str) -> Path:
    """Put a program of ours on a folder that can stand first on PATH; returns the folder."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(script)
    program.chmod(0o755)
    return folder
