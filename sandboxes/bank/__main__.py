"""Starts the bank: `python -m sandboxes.bank`.

CLAIMPATH_HOST and CLAIMPATH_PORT say where it listens (127.0.0.1, 8091), CLAIMPATH_BANK_DATA in
which directory it keeps its books (default: memory), CLAIMPATH_BANK_SETTINGS how it fails (JSON).
"""

import os
import sqlite3
from pathlib import Path

from sandboxes.bank.api import application
from sandboxes.bank.ledger import Ledger
from sandboxes.bank.model import Settings
from sandboxes.http import serve, settings_from_environment


def main() -> None:
    """Serve until told to end."""
    settings = settings_from_environment(Settings, "CLAIMPATH_BANK_SETTINGS")
    serve(application(_ledger(), settings), default_port=8091)


def _ledger() -> Ledger:
    directory = os.environ.get("CLAIMPATH_BANK_DATA")
    try:
        return Ledger(Path(directory) if directory else None)
    except (OSError, sqlite3.DatabaseError) as error:
        raise SystemExit(f"CLAIMPATH_BANK_DATA: {error}") from error


if __name__ == "__main__":
    main()
