"""The HTTP side: the in-app inbox, a claim's correspondence, and the texts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from services.notifications.inbox import Inbox
from services.notifications.state import (
    CORRESPONDENCE,
    Bounced,
    ClaimFile,
    Delivered,
    Letter,
    Reached,
)
from services.notifications.templates import NAMES, Texts
from shared.contracts.base import Language
from shared.http import PAGE, Cursor, Limit
from shared.problems import invalid, missing
from shared.store import Documents

Name = Annotated[str, Path(min_length=1, max_length=200)]


class Delivery(BaseModel):
    """By which channel a message was handed over, when, and at which attempt."""

    channel: str
    at: datetime
    attempts: int


class Bounce(BaseModel):
    """Why and when the mail carrier refused a message for good."""

    reason: str
    at: datetime
    attempts: int


class Shown(BaseModel):
    """One message as its reader sees it."""

    id: str
    claim: str
    template: str
    language: Language
    subject: str
    text: str
    at: datetime
    status: str
    delivered: Delivery | None
    bounced: Bounce | None


class Messages(BaseModel):
    """A page of messages; `next` is the cursor of the page behind it, null at the end."""

    items: Sequence[Shown]
    next: str | None


class ClaimMessages(BaseModel):
    """The correspondence of one claim, oldest first.

    `waiting` names the templates that wait until it is known whom to write to.
    """

    claim: str
    customer: str | None
    items: Sequence[Shown]
    waiting: Sequence[str]


class TemplateNames(BaseModel):
    """What can be written, and in which languages."""

    items: Sequence[str]
    languages: Sequence[Language]


class Preview(BaseModel):
    """A template with invented values."""

    subject: str
    text: str


class Previews(BaseModel):
    """A template in one language, once for each way that its text can go."""

    template: str
    language: Language
    items: Sequence[Preview]


def routes(documents: Documents, inbox: Inbox, texts: Texts) -> APIRouter:
    """All routes, below /notifications."""
    router = APIRouter(tags=["notifications"])
    router.include_router(_reading(documents, inbox, texts))
    router.include_router(_texts(texts))
    return router


def _reading(documents: Documents, inbox: Inbox, texts: Texts) -> APIRouter:
    router = APIRouter()

    @router.get("/inbox/{customer}")
    async def read_inbox(customer: Name, cursor: Cursor = "", limit: Limit = PAGE) -> Messages:
        """All messages to a customer, newest first, delivered or not."""
        found = await inbox.page(customer, _opened(cursor), limit)
        last = found[-1][1] if len(found) == limit else None
        return Messages(
            items=[shown(texts, file, letter) for file, letter in found],
            next=None if last is None else _closed(last),
        )

    @router.get("/claims/{claim}")
    async def correspondence(claim: Name) -> ClaimMessages:
        """Everything that was written about a claim."""
        document = (await documents.load([claim])).get(claim)
        if document is None:
            raise missing(f"correspondence of {claim}")
        state = CORRESPONDENCE.validate_python(document.state)
        letters = sorted(state.letters, key=lambda letter: letter.at)
        if not isinstance(state, Reached):
            waiting = [letter.content.template for letter in letters]
            return ClaimMessages(claim=claim, customer=None, items=[], waiting=waiting)
        items = [shown(texts, state.file, letter) for letter in letters]
        return ClaimMessages(claim=claim, customer=state.file.customer, items=items, waiting=[])

    return router


def _texts(texts: Texts) -> APIRouter:
    router = APIRouter(prefix="/templates")

    @router.get("")
    async def templates() -> TemplateNames:
        """What can be written, and in which languages."""
        return TemplateNames(items=NAMES, languages=list(Language))

    @router.get("/{name}/preview")
    async def preview(
        name: Name, language: Annotated[Language, Query()] = Language.CHINESE
    ) -> Previews:
        """A template with invented values."""
        if name not in NAMES:
            raise missing(f"template {name}")
        items = [Preview(subject=t.subject, text=t.body) for t in texts.preview(name, language)]
        return Previews(template=name, language=language, items=items)

    return router


def shown(texts: Texts, file: ClaimFile, letter: Letter) -> Shown:
    """A letter as its reader sees it, rendered now."""
    text, fate = texts.render(file, letter), letter.fate
    return Shown(
        id=letter.id,
        claim=file.claim,
        template=letter.content.template,
        language=file.language,
        subject=text.subject,
        text=text.body,
        at=letter.at,
        status=fate.status,
        delivered=Delivery(**dict(fate)) if isinstance(fate, Delivered) else None,
        bounced=Bounce(**dict(fate)) if isinstance(fate, Bounced) else None,
    )


def _closed(letter: Letter) -> str:
    place = f"{letter.model_dump(mode='json')['at']}|{letter.id}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _opened(cursor: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    try:
        at, bar, id_ = base64.b64decode(cursor, b"-_", validate=True).decode().partition("|")
    except (binascii.Error, ValueError):
        raise invalid("cursor", "not one of ours") from None
    if not bar:
        raise invalid("cursor", "not one of ours")
    return at, id_
