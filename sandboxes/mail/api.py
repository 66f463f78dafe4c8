"""The view over HTTP, and the SMTP server that runs beside it in the same loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Response

from sandboxes.http import Problem, sandbox
from sandboxes.mail.mailbox import Mailbox
from sandboxes.mail.model import Messages, Settings, Totals
from sandboxes.mail.reading import read
from sandboxes.mail.smtp import Provider

PREFIX = "/sandbox/mail"

Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="the id of a message")]


class View:
    """Shows a mailbox and changes how its provider fails."""

    def __init__(self, mailbox: Mailbox, provider: Provider) -> None:
        self._mailbox = mailbox
        self._provider = provider

    async def messages(
        self, to: str | None = None, before: Before = None, limit: Limit = 50
    ) -> Messages:
        """The newest messages, to one address and older than one message if given."""
        return Messages(messages=[read(d) for d in self._mailbox.newest(to, limit, before)])

    async def raw(self, number: int) -> Response:
        """The message as it came over the wire."""
        delivery = self._mailbox.find(number)
        if delivery is None:
            raise Problem(404, "No such message", "no message with this id is kept")
        return Response(delivery.raw, media_type="message/rfc822")

    async def clear(self) -> None:
        """Forget all messages and counts."""
        self._mailbox.clear()

    async def totals(self) -> Totals:
        """What was counted since the start or the last DELETE."""
        return self._mailbox.totals

    async def settings(self) -> Settings:
        """The settings in force."""
        return self._provider.settings

    async def change_settings(self, settings: Settings) -> Settings:
        """Replace all settings; one that is left out goes back to its default."""
        self._provider.change(settings)
        return settings

    async def health(self) -> dict[str, str]:
        """Answers only while the SMTP server listens too."""
        return {"status": "up"}


def application(mailbox: Mailbox, settings: Settings, host: str, smtp_port: int) -> FastAPI:
    """The mail sandbox; its SMTP server listens from the first HTTP request to the last."""
    provider = Provider(mailbox, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(provider.connection, host, smtp_port)
        yield
        server.close()

    app = sandbox("mail", "Mail sandbox", lifespan=lifespan)
    app.include_router(_routes(View(mailbox, provider)), prefix=PREFIX)
    return app


def _routes(view: View) -> APIRouter:
    routes = APIRouter()
    routes.add_api_route("/messages", view.messages)
    routes.add_api_route("/messages", view.clear, methods=["DELETE"], status_code=204)
    routes.add_api_route("/messages/{number}/raw", view.raw, response_class=Response)
    routes.add_api_route("/totals", view.totals)
    routes.add_api_route("/settings", view.settings)
    routes.add_api_route("/settings", view.change_settings, methods=["PUT"])
    routes.add_api_route("/health", view.health)
    return routes
