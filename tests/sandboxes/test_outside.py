"""A sandbox is an outside program: it knows nothing of the product."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SANDBOXES = Path(__file__).parents[2] / "sandboxes"
PRODUCT = {"shared", "services", "claimpath", "deploy"}


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", sorted(SANDBOXES.rglob("*.py")), ids=lambda path: path.stem)
def test_a_sandbox_imports_nothing_of_the_product(path: Path) -> None:
    assert PRODUCT.isdisjoint(imported(path.read_text()))


def test_a_planted_import_of_the_product_is_found() -> None:
    assert {"shared", "services"} <= set(imported("from shared.money import X\nimport services.a"))
