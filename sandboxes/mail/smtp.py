"""The SMTP side: takes messages in, refuses, defers, and hangs up when told to."""

import asyncio
import hashlib
from collections import Counter
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandboxes.chance import strikes
from sandboxes.mail.mailbox import Mailbox
from sandboxes.mail.model import Settings
from sandboxes.mail.reading import message_id

LARGEST_MESSAGE = 10 * 1024 * 1024
"""The largest message accepted, in bytes."""

OK = "250 2.0.0 OK"
UNAVAILABLE = "550 5.1.1 mailbox unavailable"
FULL = "452 4.2.2 mailbox full"
DEFERRED = "451 4.3.0 try again later"
ALWAYS = {"bounce": UNAVAILABLE, "full": FULL}


class Provider:
    """Answers the commands of SMTP, under whatever settings are in force."""

    def __init__(self, mailbox: Mailbox, settings: Settings) -> None:
        self._mailbox = mailbox
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Put settings in force and number attempts from one again."""
        self.settings = settings
        self._attempts: Counter[str] = Counter()

    def connection(self) -> SMTP:
        """The protocol for one connection."""
        return SMTP(
            self,
            hostname="mail.sandbox.invalid",
            ident="mail sandbox",
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Take the recipient or refuse it."""
        refusal = self._refusal(address)
        if refusal is not None:
            self._mailbox.totals.rejected += 1
            return refusal
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message, unless it is deferred; answer, unless the answer is to be lost."""
        raw = envelope.original_content or b""
        name = message_id(raw)
        key = name or hashlib.blake2b(raw).hexdigest()
        if self.settings != Settings():
            self._attempts[key] += 1
        if self._strikes("defer", self.settings.defer, key):
            self._mailbox.totals.deferred += 1
            return DEFERRED
        self._mailbox.accept(envelope.mail_from or "", envelope.rcpt_tos, raw, name)
        if self._strikes("lost_after", self.settings.lost_after, key):
            await self._hang_up(server)
        return OK

    def _refusal(self, address: str) -> str | None:
        known = ALWAYS.get(address.partition("@")[0].lower())
        if known is not None:
            return known
        gone = strikes(self.settings.reject, self.settings.seed, "reject", address.lower())
        return UNAVAILABLE if gone else None

    def _strikes(self, mode: str, share: float, key: str) -> bool:
        return strikes(share, self.settings.seed, mode, key, self._attempts[key])

    async def _hang_up(self, server: SMTP) -> None:
        """Close the TCP connection; aiosmtpd cancels this wait once it is gone."""
        self._mailbox.totals.lost_after += 1
        cast(asyncio.Transport, server.transport).abort()
        await asyncio.Event().wait()
