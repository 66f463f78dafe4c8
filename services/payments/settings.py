"""What payments is told beyond what every service is told."""

from __future__ import annotations

from pydantic import Field

from shared.settings import Settings


class PaymentsSettings(Settings):
    """`CLAIMPATH_BANK` says where the bank is."""

    bank: str = Field(
        "http://127.0.0.1:8091/sandbox/bank", description="URL that the bank's routes stand under"
    )
