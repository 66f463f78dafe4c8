"""Makes the outside calls: opens the contact, renders the letter, hands it to the channel."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from services.notifications.channels import Channel, Mail
from services.notifications.state import Answer, Answered, Refused, SendCall
from services.notifications.templates import Texts
from shared.contracts.base import Value
from shared.decider import Call, CallOutcome
from shared.errors import Unreadable
from shared.sealing import Opener

log = logging.getLogger(__name__)


class Contact(Value):
    """What intake seals to notifications. Lives in memory only."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None


class Courier:
    """The only place where a contact is open, and only for as long as one letter takes."""

    def __init__(self, opener: Opener, texts: Texts, channel: Channel) -> None:
        self._opener = opener
        self._texts = texts
        self._channel = channel

    async def __call__(self, call: Call) -> CallOutcome:
        """Delivers the letter of a `SendCall`; its outcome names letter and attempt."""
        assert isinstance(call, SendCall)
        answer = await self._deliver(call)
        return Answered(call=call.id, letter=call.letter.id, attempt=call.attempt, answer=answer)

    async def _deliver(self, call: SendCall) -> Answer:
        try:
            contact = Contact.model_validate(self._opener.open(call.file.contact or ""))
        except (Unreadable, ValidationError):
            # Sealed to another, or not a contact: no later try will open it.
            log.error("the contact of %s cannot be opened", call.file.claim)
            return Refused(reason="contact-unreadable")
        text = self._texts.render(call.file, call.letter, contact.name)
        mail = Mail(call.file, call.letter, text, contact.email, contact.name)
        return await self._channel.deliver(mail)
