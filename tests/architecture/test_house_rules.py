"""Who may import whom; each rule is shown to bite by a planted violation."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.imports import violations

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "claims", "payments", "notifications", "feedback")


def test_the_house_keeps_its_import_rules() -> None:
    assert violations(ROOT) == []


PLANTED = {
    "a service imports another": ("services/intake/api.py", "from services.claims import decide"),
    "a service imports a sandbox": ("services/payments/bank.py", "import sandboxes.bank.api"),
    "a decision reads the clock": (
        "services/claims/decide.py",
        "from datetime import datetime\nnow = datetime.now()",
    ),
    "a rule draws a random number": ("services/claims/rules.py", "import random"),
    "a state reaches the network": ("services/payments/state.py", "import httpx"),
    "a decision waits": ("services/feedback/decide.py", "async def decide(): ..."),
    "a service opens its own store": ("services/intake/desk.py", "import motor.motor_asyncio"),
    "a service speaks Kafka": ("services/claims/api.py", "from aiokafka import AIOKafkaProducer"),
    "the runtime speaks FastStream": ("shared/runtime.py", "import faststream"),
    "the shared library knows a service": ("shared/http.py", "import services.intake"),
}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_violation_is_caught(rule: str, tmp_path: Path) -> None:
    name, code = PLANTED[rule]
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text(code)
    assert [found.file for found in violations(tmp_path)] == [name]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    files = {path.name for path in (ROOT / "services" / service).glob("*.py")}
    assert {"__init__.py", "__main__.py", "state.py", "decide.py", "api.py"} <= files


def test_only_the_bus_commits_offsets() -> None:
    """DESIGN.md: a search for the commit finds one place."""
    committing = [
        str(path.relative_to(ROOT))
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "ack")
    ]
    assert committing == ["shared/bus.py"]
