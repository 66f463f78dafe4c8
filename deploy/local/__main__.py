"""The launcher that lives on in the background: `python -m deploy.local DATA PORT KAFKA`."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import cast

from deploy.local.broker import BrokerKind
from deploy.local.plan import Plan
from deploy.local.trouble import Trouble
from deploy.local.watchman import keep


class Report:
    """Tells the terminal that started us, through stdout, and our log, through stderr."""

    def __init__(self) -> None:
        self._heard = True

    def say(self, sentence: str) -> None:
        """One sentence of progress, or of what happened later."""
        _log(sentence)
        self._tell("say", sentence)

    def ready(self) -> None:
        """The terminal may go: from here on only the log hears us."""
        self._tell("ready", "")
        self._heard = False
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def trouble(self, sentence: str) -> None:
        """Why there will be no network."""
        _log(sentence)
        self._tell("trouble", sentence)

    def _tell(self, kind: str, sentence: str) -> None:
        if not self._heard:
            return
        try:
            print(json.dumps([kind, sentence]), flush=True)
        except BrokenPipeError:
            # The terminal was killed while it waited; that does not end the network.
            self._heard = False


def _log(sentence: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), sentence, file=sys.stderr, flush=True)


def main() -> None:
    """Run one network until it is asked to end."""
    data, port, kafka = sys.argv[1:]
    plan = Plan(Path(data), int(port), cast(BrokerKind, kafka))
    report = Report()
    try:
        asyncio.run(keep(plan.network(report.say), report.ready))
    except Trouble as trouble:
        report.trouble(str(trouble))
        sys.exit(1)


if __name__ == "__main__":
    main()
