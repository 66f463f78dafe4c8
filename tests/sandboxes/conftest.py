"""Starts sandboxes as the separate programs they are, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Program:
    """A running sandbox; `http` speaks to it below its prefix."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.smtp_port = free_port()
        ports = {"CLAIMPATH_PORT": str(self.port), "CLAIMPATH_SMTP_PORT": str(self.smtp_port)}
        self.url = f"http://127.0.0.1:{self.port}/sandbox/{name}"
        self.http = httpx.Client(base_url=self.url, timeout=DEADLINE_S, trust_env=False)
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"sandboxes.{name}"],
            cwd=ROOT,
            env={**os.environ, **ports, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)
        self.http.close()

    def wait_until_healthy(self) -> None:
        """Return once it answers; fail if it ended or took too long."""
        deadline = time.monotonic() + DEADLINE_S
        while not self._healthy():
            assert time.monotonic() < deadline, "not healthy in time"
            assert not self._ended_within(0.02), self.complaint()

    def end(self, how: signal.Signals) -> int:
        """Signal it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(DEADLINE_S)

    def complaint(self) -> str:
        """All it wrote to stderr, once it has ended."""
        return self.process.communicate(timeout=DEADLINE_S)[1]

    def _healthy(self) -> bool:
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def _ended_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


Start = Callable[..., Program]


def starter(stack: ExitStack) -> Start:
    """Something that starts programs which end with the stack."""

    def start(name: str, healthy: bool = True, **environment: str) -> Program:
        program = stack.enter_context(Program(name, environment))
        if healthy:
            program.wait_until_healthy()
        return program

    return start


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a sandbox by name, for one test."""
    with ExitStack() as stack:
        yield starter(stack)


@pytest.fixture(scope="module")
def shared_start() -> Iterator[Start]:
    """Starts a sandbox by name, for all tests of a module."""
    with ExitStack() as stack:
        yield starter(stack)
