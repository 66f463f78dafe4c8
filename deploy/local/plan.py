"""What a launcher is asked to run, as it is handed from the terminal to the background."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.broker import BrokerKind
from deploy.local.ports import LOOPBACK

if TYPE_CHECKING:
    from deploy.local.network import Network


@dataclass(frozen=True)
class Plan:
    """A data folder, the gateway's port and the kind of broker."""

    data: Path
    port: int
    broker: BrokerKind

    @property
    def url(self) -> str:
        """Where the gateway will answer."""
        return f"http://{LOOPBACK}:{self.port}"

    def network(self, say: Callable[[str], None]) -> "Network":
        """The network it describes, on your own servers where the environment names some."""
        # Here and not above: the terminal that only hands the plan on need not load the network.
        from deploy.local.network import Network

        return Network(
            self.data,
            self.port,
            broker=self.broker,
            kafka=os.environ.get("CLAIMPATH_KAFKA") or None,
            mongo=os.environ.get("CLAIMPATH_MONGO") or None,
            say=say,
        )
