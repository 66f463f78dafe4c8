"""The bank as the separate program it is, on a free port."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from deploy.local.servers import free_port

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60


class BankProgram:
    """A running bank sandbox, and the test's view of it."""

    def __init__(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/sandbox/bank"
        self.http = httpx.Client(base_url=self.url, timeout=DEADLINE_S, trust_env=False)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandboxes.bank"],
            cwd=ROOT,
            env={**os.environ, "CLAIMPATH_PORT": str(port)},
        )

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not self._healthy():
            assert self.process.poll() is None, "the bank ended while starting"
            assert time.monotonic() < deadline, "the bank was not healthy in time"
            time.sleep(0.02)

    def fail(self, **settings: Any) -> None:
        """From now on the bank fails like this, and in no other way."""
        self.http.put("/settings", json=settings).raise_for_status()

    def transfers(self) -> int:
        """How many settled transfers there ever were."""
        return int(self.http.get("/totals").json()["transfers"])

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.http.close()

    def _healthy(self) -> bool:
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False
