"""The import rules of the house, as a function that a test can also turn against a planted file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PURE = {"state.py", "decide.py", "rules.py"}
"""Files of a service that reach no I/O, clock or randomness."""
PURE_SHARED = {"shared/decider.py", "shared/document.py", "shared/money.py", "shared/turn.py"}

IMPURE = {
    *("asyncio", "socket", "random", "secrets", "time", "logging", "os", "subprocess", "threading"),
    *("httpx", "motor", "pymongo", "aiokafka", "faststream", "fastapi", "uvicorn", "aiosmtplib"),
    *("opentelemetry", "requests", "urllib", "pathlib", "tempfile", "io"),
    *("shared.store", "shared.bus", "shared.http", "shared.service", "shared.runtime"),
    *("shared.listener", "shared.telemetry", "shared.settings", "shared.problems"),
}
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4"}
IMPURE_BUILTINS = {"open", "print", "input"}

OWNED = {
    "motor": "shared/store",
    "pymongo": "shared/store",
    "gridfs": "shared/store",
    "faststream": "shared/bus.py",
    "aiokafka": "shared/bus.py",
}
"""Packages that only one place may import."""


@dataclass(frozen=True)
class Violation:
    """A rule that a file breaks."""

    file: str
    line: int
    what: str


def violations(root: Path) -> list[Violation]:
    """Everything in services/ and shared/ that breaks a rule."""
    files = [*(root / "services").rglob("*.py"), *(root / "shared").rglob("*.py")]
    return [found for file in sorted(files) for found in _of(file.relative_to(root), file)]


def _of(name: Path, file: Path) -> Iterator[Violation]:
    tree = ast.parse(file.read_text("utf-8"))
    for module, line in _imports(tree):
        yield from _import(name, module, line)
    if _pure(name):
        yield from _calls(name, tree)


def _import(name: Path, module: str, line: int) -> Iterator[Violation]:
    parts = name.parts
    if parts[0] == "services" and len(parts) > 2:
        if module.startswith("services.") and module.split(".")[1] != parts[1]:
            yield Violation(str(name), line, f"imports another service: {module}")
        if module.split(".")[0] in ("sandboxes", "deploy", "claimpath", "tests"):
            yield Violation(str(name), line, f"a service imports {module}")
    if parts[0] == "shared" and module.split(".")[0] in ("services", "sandboxes", "deploy"):
        yield Violation(str(name), line, f"shared imports {module}")
    owner = OWNED.get(module.split(".")[0])
    if owner and not str(name).startswith(owner):
        yield Violation(str(name), line, f"only {owner} imports {module}")
    if _pure(name) and any(module == i or module.startswith(f"{i}.") for i in IMPURE):
        yield Violation(str(name), line, f"a pure file imports {module}")


def _calls(name: Path, tree: ast.Module) -> Iterator[Violation]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield Violation(str(name), node.lineno, "a pure file waits")
        if isinstance(node, ast.Call) and (word := _impure(node.func)):
            yield Violation(str(name), node.lineno, f"a pure file calls {word}()")


def _impure(called: ast.expr) -> str | None:
    match called:
        case ast.Attribute(attr=word) if word in IMPURE_CALLS:
            return word
        case ast.Name(id=word) if word in IMPURE_CALLS | IMPURE_BUILTINS:
            return word
        case _:
            return None


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def _pure(name: Path) -> bool:
    return str(name) in PURE_SHARED or (name.parts[0] == "services" and name.name in PURE)
