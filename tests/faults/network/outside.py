"""The bank's and the mail provider's own books, and how they are told to fail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

PAGE = 200
LETTER = re.compile(r"<([^@>]+)@")


class Outside:
    """Bank and mailbox, asked behind the services' backs."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def transfers(self) -> list[Mapping[str, Any]]:
        """Every transfer that moved money, oldest first, from the bank's statement."""
        found: list[Mapping[str, Any]] = []
        cursor = 0
        while True:
            page = await self._get("bank/statement", cursor=cursor, limit=1000)
            found += page["transfers"]
            if page["next_cursor"] is None:
                return found
            cursor = page["next_cursor"]

    async def mails(self) -> Mapping[str, int]:
        """How often each letter is in the mailbox, by its id."""
        found = Counter[str]()
        before = 2**31
        while messages := (await self._get("mail/messages", before=before, limit=PAGE))["messages"]:
            found.update(_letter(message) for message in messages)
            before = messages[-1]["id"]
        return found

    async def bank(self, **settings: Any) -> None:
        """How the bank fails from now on; with nothing, it is well."""
        answer = await self._http.put("/sandbox/bank/settings", json=settings)
        answer.raise_for_status()

    async def mail(self, **settings: Any) -> None:
        """How the mail provider fails from now on; with nothing, it is well."""
        answer = await self._http.put("/sandbox/mail/settings", json=settings)
        answer.raise_for_status()

    async def _get(self, path: str, **params: Any) -> Any:
        answer = await self._http.get(f"/sandbox/{path}", params=params)
        answer.raise_for_status()
        return answer.json()


def _letter(message: Mapping[str, Any]) -> str:
    found = LETTER.match(message["headers"].get("Message-ID", ""))
    return found[1] if found else f"mail {message['id']} without a Message-ID"
