"""The ways out: a channel takes a message to its reader and says what came of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import Protocol

import aiosmtplib
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from services.notifications.smtp import Connections
from services.notifications.state import (
    Accepted,
    Answer,
    Away,
    ClaimFile,
    Crowded,
    Deferred,
    Letter,
    NoAddress,
    Refused,
)
from services.notifications.templates import Text
from shared.contracts.base import Language

QUEUE_S = 20.0
"""Longest wait for a free connection: then the letter tries again later."""
SENDING_S = 30.0
"""Longest time for connecting and handing over."""
LONGEST_S = QUEUE_S + SENDING_S
"""After this a channel has answered; shorter than the lease in `rules`."""

ENHANCED = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered letter and the opened contact. Never stored, never logged."""

    file: ClaimFile
    letter: Letter
    text: Text
    email: str | None
    name: str | None


class Channel(Protocol):
    """One way to a reader."""

    async def deliver(self, mail: Mail) -> Answer:
        """Hands the message over; trouble outside is an answer, not an exception.

        Delivering the same letter again must be recognisable as the same.
        """
        ...


class EmailChannel:
    """E-mail over SMTP, from `sender`, in the name of the company in the reader's language."""

    def __init__(self, connections: Connections, sender: str, company: dict[Language, str]) -> None:
        self._connections = connections
        self._sender = sender
        self._company = company

    async def deliver(self, mail: Mail) -> Answer:
        """See `Channel`."""
        if not mail.email:
            return NoAddress()
        try:
            message = self._message(mail, mail.email)
        except (ValueError, IndexError, AttributeError, HeaderParseError):  # all of a bad address
            return Refused(reason="malformed-address")
        try:
            async with self._connections.slot(QUEUE_S):
                return await self._hand_over(message, mail.email)
        except TimeoutError:
            return Crowded()

    async def _hand_over(self, message: bytes, to: str) -> Answer:
        try:
            async with asyncio.timeout(SENDING_S):
                client = await self._connections.take()
        except (SMTPException, OSError) as error:
            return Away(reason=type(error).__name__)
        return await self._send(client, message, to)

    async def _send(self, client: aiosmtplib.SMTP, message: bytes, to: str) -> Answer:
        try:
            async with asyncio.timeout(SENDING_S):
                await client.sendmail(self._sender, [to], message)
        except (TimeoutError, ConnectionError) as error:
            client.close()
            return Deferred(reason=type(error).__name__)
        except SMTPException as error:
            self._connections.give_back(client)
            return judged(error)
        except ValueError:
            self._connections.give_back(client)
            return Refused(reason="malformed-address")
        self._connections.give_back(client)
        return Accepted()

    def _message(self, mail: Mail, to: str) -> bytes:
        """The letter as mail. The same letter gives the same Message-ID, so duplicates show.

        Raises ValueError, IndexError, AttributeError or HeaderParseError for what is no address.
        """
        Address(mail.name or "", addr_spec=to)  # refuses line breaks: no header is smuggled in
        # The older of Python's two mail interfaces: five times as fast as EmailMessage.
        message = MIMEText(mail.text.body, "plain", "utf-8")
        message["From"] = formataddr((self._company[mail.file.language], self._sender))
        message["To"] = formataddr((mail.name or "", to))
        message["Subject"] = Header(mail.text.subject, "utf-8", header_name="Subject").encode()
        message["Date"] = format_datetime(mail.letter.at)
        message["Message-ID"] = f"<{mail.letter.id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = mail.file.language
        message["Claimpath-Claim"] = mail.file.claim
        message["Claimpath-Template"] = mail.letter.content.template
        return message.as_bytes()


def judged(error: SMTPException) -> Answer:
    """What a server's no means: 5xx for good, everything else for now.

    Only codes are kept: the server's words often repeat the address.
    """
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if not isinstance(error, SMTPResponseException):
        return Deferred(reason=type(error).__name__)
    found = ENHANCED.search(error.message)
    reason = f"{error.code} {found.group()}" if found else str(error.code)
    return Refused(reason=reason) if error.code >= PERMANENT else Deferred(reason=reason)
