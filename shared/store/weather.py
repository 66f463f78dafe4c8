"""What the server or the network did to us, as the one error the runtime waits out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, OperationFailure

from shared.errors import StoreDown


@contextmanager
def weather() -> Iterator[None]:
    """Turns what the server or the network did into `StoreDown`."""
    try:
        yield
    except (ConnectionFailure, OperationFailure) as error:
        raise StoreDown(f"MongoDB: {error}") from error
