"""A launcher in the background: starting it, hearing from it, ending it.

Until its network is healthy it reports line by line through a pipe, afterwards only to its log.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from deploy.local.plan import Plan
from deploy.local.program import with_our_packages
from deploy.local.runfile import Run, use_folder
from deploy.local.trouble import Trouble

# Longer than all parts together are given to end.
DOWN_SECONDS = 120.0
KILLED_SECONDS = 10.0


def start(plan: Plan, say: Callable[[str], None]) -> None:
    """Start a launcher that outlives us; returns when its network is healthy.

    Raises `Trouble` with its reason if it does not become so; then nothing is left of it.
    """
    log = use_folder(use_folder(plan.data) / "logs") / "network.log"
    with ExitStack() as undo:
        launcher = _spawn(plan, log)
        undo.callback(_end, launcher)
        _hear(launcher, log, say)
        undo.pop_all()


def stop(run: Run) -> None:
    """Ask a launcher to stop its network and wait until all of it is gone."""
    _signal(run, signal.SIGTERM)
    if not _gone(run, DOWN_SECONDS):
        # Its parts end with it: the kernel kills them when their launcher dies.
        _signal(run, signal.SIGKILL)
        _gone(run, KILLED_SECONDS)


def _spawn(plan: Plan, log: Path) -> subprocess.Popen[str]:
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", str(plan.data), str(plan.port), plan.broker],
            env=with_our_packages(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )


def _hear(launcher: subprocess.Popen[str], log: Path, say: Callable[[str], None]) -> None:
    """Pass on what it says until it is ready; raises the `Trouble` it reports."""
    assert launcher.stdout is not None
    for line in launcher.stdout:
        kind, sentence = json.loads(line)
        if kind == "ready":
            return
        if kind == "trouble":
            raise Trouble(sentence)
        say(sentence)
    raise Trouble(f"The launcher ended before its network was ready; see {log}.")


def _end(launcher: subprocess.Popen[str]) -> None:
    launcher.terminate()
    launcher.wait()


def _signal(run: Run, number: signal.Signals) -> None:
    if run.running:
        with suppress(ProcessLookupError):
            os.kill(run.pid, number)


def _gone(run: Run, seconds: float) -> bool:
    """Wait until neither the launcher nor any part of it runs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not run.running and not any(part.pid and part.running for part in run.parts):
            return True
        time.sleep(0.05)
    return False
