"""Hands claims in at a steady rate, and remembers which of them the network said it had taken."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from claimpath.lines import Wish, Withdrawal
from claimpath.sample import ZONE, Sample
from claimpath.stand_ins import document, payee
from shared.contracts.base import KindOfLoss

TICK_S = 0.25
PAUSE_S = 0.2
PATIENCE_S = 240.0
AT_ONCE = 24
LINES = 500
NDJSON = {"Content-Type": "application/x-ndjson"}
DONE = {"already-submitted", "not-collecting", "withdrawn"}
"""Refusals that say: an earlier try of ours has arrived."""


class Load:
    """`rate` claims a second from a seed's sample; every step is tried until it is taken.

    `acknowledged` are the claims that somebody was told are taken, as soon as the line is read:
    also of an answer that broke off in the middle.
    """

    def __init__(self, http: httpx.AsyncClient, seed: int, rate: float) -> None:
        self._http = http
        self._seed = seed
        self.rate = rate
        self.acknowledged: dict[str, Wish] = {}
        self.longest_silence_s = 0.0
        self._last = time.monotonic()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._journeys: set[asyncio.Task[None]] = set()
        self._wishes: Sequence[Wish] = ()
        self._least = 0
        self.handed_at = 0.0
        self.enough = asyncio.Event()

    async def prepare(self, seconds: float, longest: float = 0.0) -> None:
        """Makes the claims for so many seconds of load, and registers their policies.

        Those for the time from `seconds` to `longest` are handed in only until it is `enough`.
        """
        kinds = [str(kind) for kind in KindOfLoss]
        lists = {kind: (await self._get(f"/intake/checklists/{kind}"))["items"] for kind in kinds}
        sample = Sample(self._seed, datetime.now(ZONE).date(), lists)
        wishes = list(sample.claims(int(self.rate * max(seconds, longest))))
        for some in _portions(wishes):
            rows = [wish.policy.row() for wish in some if wish.policy]
            told = [a["status"] for a in await self._lines("/claims/policies/bulk", rows)]
            assert len(told) == len(rows), "the policies were not all registered"
            assert set(told) <= {"registered", "unchanged"}, told
        self._wishes, self._least = wishes, int(self.rate * seconds)

    async def run(self) -> None:
        """Hands all of them in at the rate, and returns when each is taken and complete.

        Fails if a step is not taken for longer than any harm lasts.
        """
        self._last = time.monotonic()
        started, handed = time.monotonic(), 0
        while handed < (self._least if self.enough.is_set() else len(self._wishes)):
            await asyncio.sleep(TICK_S)
            wanted = int((time.monotonic() - started) * self.rate)
            if some := self._wishes[handed:wanted]:
                self._begin(self._report(some))
                handed, self.handed_at = handed + len(some), time.monotonic()
        while self._journeys:
            await asyncio.gather(*self._journeys)

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._journeys.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._journeys.discard(task)

    async def _report(self, wishes: Sequence[Wish]) -> None:
        """Sends the lines again and again until each has been taken."""
        left = {wish.claim.key: wish for wish in wishes}
        until = time.monotonic() + PATIENCE_S
        while left:
            async with self._slots:
                for wish, answer in await self._reported(list(left.values())):
                    if answer["status"] == "accepted":
                        self._taken(left.pop(wish.claim.key), answer)
            assert time.monotonic() < until, f"not taken for {PATIENCE_S:.0f} s: {next(iter(left))}"
            if left:
                await asyncio.sleep(PAUSE_S)

    async def _reported(self, wishes: Sequence[Wish]) -> list[tuple[Wish, dict[str, Any]]]:
        answers = await self._lines("/intake/claims/bulk", [wish.claim.row() for wish in wishes])
        return list(zip(wishes, answers, strict=False))

    def _taken(self, wish: Wish, answer: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self.longest_silence_s = max(self.longest_silence_s, now - self._last)
        self._last = now
        if answer["claim"] not in self.acknowledged:
            self.acknowledged[answer["claim"]] = wish
            missing = [item["code"] for item in answer["missing"]]
            self._begin(self._completed(answer["claim"], wish, missing))

    async def _completed(self, claim: str, wish: Wish, missing: Sequence[str]) -> None:
        """The customer's other steps: documents, the account, perhaps the withdrawal."""
        where, leaves = f"/intake/claims/{claim}", wish.claim.withdraw
        for item in () if leaves is Withdrawal.BEFORE_DOCUMENTS else missing:
            if item == "payee":
                account = wish.payee_later or wish.claim.payee or payee(wish.claim)
                await self._step("PUT", f"{where}/payee", json=account.model_dump())
            else:
                file = document(wish.claim.key, item)
                headers = {"Content-Type": file.media_type}
                path = f"{where}/documents/{item}"
                await self._step("PUT", path, content=file.content, headers=headers)
        if leaves is not None:
            key = {"Idempotency-Key": f"{wish.claim.key}-withdraw"}
            await self._step("POST", f"{where}/withdrawal", headers=key)

    async def _step(self, method: str, path: str, **sent: Any) -> None:
        until = time.monotonic() + PATIENCE_S
        answer = "nothing"
        while time.monotonic() < until:
            async with self._slots:
                try:
                    response = await self._http.request(method, path, **sent)
                except httpx.TransportError as error:
                    answer = repr(error)
                else:
                    if response.is_success or _code(response) in DONE:
                        return
                    answer = response.text
            await asyncio.sleep(PAUSE_S)
        raise AssertionError(f"{method} {path} not taken for {PATIENCE_S:.0f} s: {answer}")

    async def _lines(self, path: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The answers as far as they came: the network may break off in the middle."""
        body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        answers: list[dict[str, Any]] = []
        try:
            async with self._http.stream("POST", path, content=body, headers=NDJSON) as response:
                async for line in response.aiter_lines():
                    if response.is_success and line:
                        answers.append(json.loads(line))
        except (httpx.TransportError, json.JSONDecodeError):
            pass  # what was not answered is sent again
        return answers

    async def _get(self, path: str) -> Any:
        answer = await self._http.get(path)
        answer.raise_for_status()
        return answer.json()


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["type"]).rsplit(":", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return ""


def _portions(wishes: Sequence[Wish]) -> Iterator[Sequence[Wish]]:
    for first in range(0, len(wishes), LINES):
        yield wishes[first : first + LINES]
