"""Personal data sealed to one service (JWE, ECDH-ES with A256GCM): only that service can open it.

What travels on the bus or rests in another service's store is the sealed form.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.contracts.base import Service
from shared.errors import Unreadable

ALGORITHMS = ["ECDH-ES", "A256GCM"]
HEADER = {"alg": "ECDH-ES", "enc": "A256GCM"}
READERS = (Service.NOTIFICATIONS, Service.PAYMENTS)
"""The services that something is ever sealed to."""


class Seal:
    """Closes values for one service. Needs its public key only."""

    def __init__(self, directory: Path, reader: Service) -> None:
        self._key = _key(directory / f"{reader}.public.json")

    def close(self, value: Mapping[str, Any]) -> str:
        """The sealed form; each call gives another one of the same value."""
        return jwe.encrypt_compact(HEADER, json.dumps(value).encode(), self._key, ALGORITHMS)


class Opener:
    """Opens what was sealed to this service. Needs its private key."""

    def __init__(self, directory: Path, reader: Service) -> None:
        self._key = _key(directory / f"{reader}.private.json")

    def open(self, sealed: str) -> dict[str, Any]:
        """What was sealed. Raises `Unreadable` if it was sealed to another, or was changed."""
        try:
            content = jwe.decrypt_compact(sealed, self._key, ALGORITHMS).plaintext
        except (JoseError, ValueError) as error:
            raise Unreadable(f"the sealed value cannot be opened: {error}") from error
        opened: dict[str, Any] = json.loads(content or b"{}")
        return opened


def ensure_keys(directory: Path) -> None:
    """Makes a key pair for every reader that has none yet. Private keys are readable by us only."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for reader in READERS:
        private = directory / f"{reader}.private.json"
        if not private.exists():
            key = OKPKey.generate_key("X25519", private=True)
            _write(private, key.as_dict(private=True), 0o600)
            _write(directory / f"{reader}.public.json", key.as_dict(private=False), 0o644)


def _write(path: Path, content: Mapping[str, Any], mode: int) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        json.dump(content, file)
    fresh.rename(path)


def _key(path: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(path.read_text()))
