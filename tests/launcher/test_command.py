"""`claimpath up`, `down` and `status` as they are typed."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.runfile import Run

from .terminal import Terminal, plant
from .waiting import until

OpenTerminal = Callable[[dict[str, str]], Terminal]


@pytest.fixture
def terminal(open_terminal: OpenTerminal, own_servers: dict[str, str]) -> Terminal:
    """With a MongoDB and a Kafka of the user's own."""
    return open_terminal(own_servers)


def nothing_runs(run: Run) -> bool:
    return not run.running and not any(part.pid and part.running for part in run.parts)


async def test_up_in_the_background_then_status_then_down(terminal: Terminal) -> None:
    code, printed, complained = await terminal.type(*terminal.up("--detach"))
    assert (code, complained) == (0, "")
    assert "Using your own kafka" in printed
    assert terminal.gateway in printed
    run = terminal.run()
    assert run is not None
    await _status_knows_all_parts(terminal)
    await _status_sees_a_part_that_hangs(terminal)
    code, _, complained = await terminal.type(*terminal.up())
    assert code == 1
    assert complained.startswith("claimpath: A network already runs on")
    code, printed, _ = await terminal.type("down", "--data", str(terminal.data))
    assert (code, printed) == (0, "Everything is stopped.\n")
    assert nothing_runs(run)
    assert terminal.run() is None


async def _status_knows_all_parts(terminal: Terminal) -> None:
    code, printed, _ = await terminal.type("status", "--data", str(terminal.data), "--json")
    parts = json.loads(printed)["parts"]
    assert code == 0
    assert {part["name"] for part in parts} >= {"mongo", "kafka", "claims", "bank", "gateway"}
    assert all(part["healthy"] for part in parts)


async def _status_sees_a_part_that_hangs(terminal: Terminal) -> None:
    os.kill(terminal.part("payments"), signal.SIGSTOP)
    code, printed, _ = await terminal.type("status", "--data", str(terminal.data))
    os.kill(terminal.part("payments"), signal.SIGCONT)
    assert code == 1
    assert printed.count("not healthy") == 1


async def test_status_without_a_network_here_asks_the_gateway(terminal: Terminal) -> None:
    nobody = "http://127.0.0.1:9"
    code, printed, _ = await terminal.type("status", "--gateway", nobody, "--json")
    parts = json.loads(printed)["parts"]
    assert code == 1
    assert [part["address"] for part in parts if not part["healthy"]] == [
        f"{nobody}/{name}" for name in ("intake", "claims", "payments", "notifications", "feedback")
    ]


async def test_sigterm_stops_everything(terminal: Terminal) -> None:
    launcher = terminal.begin(*terminal.up())
    await until(terminal.is_up, "the network is up")
    run = terminal.run()
    assert run is not None
    launcher.terminate()
    await until(lambda: launcher.poll() is not None, "the launcher has ended")
    assert launcher.returncode == 0
    assert nothing_runs(run)


async def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing(terminal: Terminal) -> None:
    launcher = terminal.begin(*terminal.up())
    await until(lambda: terminal.run() is not None, "the start has begun")
    run = terminal.run()
    assert run is not None
    launcher.send_signal(signal.SIGINT)
    await until(lambda: launcher.poll() is not None, "the launcher has ended")
    assert nothing_runs(run)
    assert terminal.run() is None


async def test_sigkill_of_the_launcher_leaves_no_orphan_and_the_data(
    open_terminal: OpenTerminal,
) -> None:
    terminal = open_terminal({})
    code, printed, _ = await terminal.type(*terminal.up("--detach", "--kafka", "tansu"))
    assert code == 0
    assert "only in memory" in printed
    run = terminal.run()
    assert run is not None
    os.kill(run.pid, signal.SIGKILL)
    await until(lambda: nothing_runs(run), "all parts have ended with their launcher")
    code, _, complained = await terminal.type("status", "--data", str(terminal.data))
    assert (code, complained.startswith("claimpath: No network runs on")) == (1, True)
    code, _, _ = await terminal.type(*terminal.up("--detach", "--kafka", "tansu"))
    assert code == 0
    await terminal.type("down", "--data", str(terminal.data))


async def test_a_taken_port_is_one_sentence(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", terminal.port + 2)):
        code, _, complained = await terminal.type(*terminal.up("--detach"))
    assert code == 1
    assert complained == (
        f"claimpath: Another program listens on port {terminal.port + 2} (claims); "
        "stop it or choose another --port.\n"
    )


async def test_a_mongod_that_dies_at_start_takes_all_else_along(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    planted = plant(tmp_path / "bin", "mongod", "#!/bin/sh\necho no journal\nexit 100\n")
    terminal = open_terminal({"PATH": f"{planted}:{os.environ['PATH']}"})
    code, _, complained = await terminal.type(*terminal.up("--detach", "--kafka", "tansu"))
    assert code == 1
    assert complained.startswith("claimpath: mongo ended with code 100 while starting.")
    assert complained.endswith("no journal\n")
    assert terminal.run() is None
