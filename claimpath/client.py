"""What the commands say to a network: every request goes through its gateway.

Trouble
  +-- Away        nothing answers, or only "not now", for longer than our patience
  +-- Declined    the network understood and said no, and why
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import httpx
import typer

from deploy.local.trouble import Trouble

DEFAULT_GATEWAY = "http://127.0.0.1:8080"
AT_ONCE = 32
"""Requests under way at a time."""
NOT_NOW = {502, 503, 504}
"""What a gateway answers while a service restarts, or a service while its servers are away."""
LONGEST_WAIT_S = 2.0
"""Between two tries of one request."""
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
NDJSON = "application/x-ndjson"

GatewayUrl = Annotated[
    str, typer.Option("--gateway", envvar="CLAIMPATH_GATEWAY", help="The network's address.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


Item = TypeVar("Item")


class Away(Trouble):
    """Nobody answered."""


class Declined(Trouble):
    """The network said no. `code` is for programs; the sentence names the fields."""

    def __init__(self, status: int, code: str, detail: str, fields: Sequence[str] = ()) -> None:
        named = "".join(f"\n  {field}" for field in fields if field not in detail)
        super().__init__(f"{detail}{named}")
        self.status, self.code = status, code


class _NotNow(Exception):
    """Worth another try."""


class Gateway:
    """Requests and answers. `patience_s` is how long "not now" is asked again, in seconds.

    Everything that is sent may be sent again: what creates something carries a key.
    """

    def __init__(self, http: httpx.AsyncClient, patience_s: float = 0.0) -> None:
        self._http = http
        self._patience_s = patience_s

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON at this path."""
        return (await self._ask("GET", path, params=params)).json()

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON answer to a JSON body."""
        return (await self._ask("POST", path, json=body, headers=headers)).json()

    async def put(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """The JSON answer to a JSON body, or to bytes as they are."""
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return (await self._ask("PUT", path, headers=headers, **sent)).json()

    async def post_lines(self, path: str, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The answers, one for each row, in the order of the rows. Raises `Away` if any lack."""
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        response = await self._ask(
            "POST",
            path,
            content="\n".join(lines).encode(),
            headers={"Content-Type": NDJSON},
            complete=lambda answer: len(_lines(answer)) == len(lines),
        )
        return [json.loads(line) for line in _lines(response)]

    async def reach(self) -> None:
        """Raises `Away` at once, without patience, if there is no gateway at this address."""
        try:
            await self._http.get("/")
        except (httpx.TransportError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise self._away(error) from error

    async def _ask(
        self,
        method: str,
        path: str,
        complete: Callable[[httpx.Response], bool] = lambda _: True,
        **sent: Any,
    ) -> httpx.Response:
        until = time.monotonic() + self._patience_s
        wait_s = 0.1
        while True:
            try:
                return await self._once(method, path, complete, sent)
            except _NotNow as reason:
                if time.monotonic() + wait_s > until:
                    raise self._away(reason) from reason
            # Spread, so that a service that comes back is not asked by all at the same moment.
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _once(
        self,
        method: str,
        path: str,
        complete: Callable[[httpx.Response], bool],
        sent: Mapping[str, Any],
    ) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **sent)
        except httpx.TransportError as error:
            raise _NotNow(_sentence(error)) from error
        if response.status_code in NOT_NOW:
            raise _NotNow(str(declined(response)))
        if response.status_code >= 400:
            raise declined(response)
        if not complete(response):
            raise _NotNow("the answer ended early")
        return response

    def _away(self, reason: Exception) -> Away:
        return Away(
            f"The gateway at {self._http.base_url} does not answer ({_sentence(reason)}); "
            "`claimpath up` starts a network, --gateway names another."
        )


@asynccontextmanager
async def gateway_at(url: str, patience_s: float = 0.0) -> AsyncIterator[Gateway]:
    """A gateway that is there. Raises `Away` if nothing answers at this URL."""
    limits = httpx.Limits(max_connections=2 * AT_ONCE)
    try:
        http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, limits=limits)
    except httpx.InvalidURL as error:
        raise Away(f"{url} is not an address: {_sentence(error)}.") from error
    async with http:
        gateway = Gateway(http, patience_s)
        await gateway.reach()
        yield gateway


def declined(response: httpx.Response) -> Declined:
    """The refusal in a problem details answer (RFC 9457), or in whatever came instead of one."""
    try:
        problem = response.json()
        code = str(problem["type"]).rsplit(":", 1)[-1]
        fields = [f"{e['field']}: {e['message']}" for e in problem.get("errors", [])]
        return Declined(response.status_code, code, str(problem["detail"]), fields)
    except (ValueError, KeyError, TypeError):
        phrase = f"{response.status_code} {response.reason_phrase}".strip()
        where = response.request.url.path
        return Declined(response.status_code, "unexpected", f"The answer at {where} was {phrase}.")


def new_trace() -> str:
    """A W3C `traceparent` of our own, so that the steps of one claim share a trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


async def each(
    items: Iterable[Item], work: Callable[[Item], Awaitable[None]], at_once: int = AT_ONCE
) -> None:
    """Does the work for every item, some at once. The first error stops all and is raised."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _lines(response: httpx.Response) -> list[str]:
    """Not `splitlines`: a text may hold separators of its own, U+2028 for one."""
    return [line for line in response.text.split("\n") if line]


def _sentence(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().rstrip(".").splitlines()[0]
