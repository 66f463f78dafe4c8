"""A bank in every weather, and keys to seal payees with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.payments.bank import Bank
from shared.contracts.base import Service
from shared.sealing import Opener, Seal, ensure_keys
from shared.service import utc_now

from .bank_program import BankProgram


@pytest.fixture(scope="module")
def bank_program() -> Iterator[BankProgram]:
    program = BankProgram()
    try:
        program.wait_until_healthy()
        yield program
    finally:
        program.end()


@pytest.fixture
def counter(bank_program: BankProgram) -> Iterator[BankProgram]:
    """The bank, in fair weather before and after the test."""
    bank_program.fail()
    yield bank_program
    bank_program.fail()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    ensure_keys(folder)
    return folder


@pytest.fixture(scope="session")
def seal(keys: Path) -> Seal:
    return Seal(keys, Service.PAYMENTS)


@pytest.fixture
async def bank(counter: BankProgram, keys: Path) -> AsyncIterator[Bank]:
    adapter = Bank(counter.url, Opener(keys, Service.PAYMENTS), utc_now)
    yield adapter
    await adapter.close()
