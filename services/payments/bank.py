"""The bank, over HTTP. The only file that speaks to it, and the only one that sees an account.

| the bank's answer                            | standing | reason                           |
|----------------------------------------------|----------|----------------------------------|
| 200, 201 with a settled receipt              | settled  |                                  |
| 200, 201 with a rejected receipt             | rejected | the bank's ISO 20022 code        |
| 400, 422 naming fields of the order          | rejected | see `FAULTS`                     |
| 404 to an inquiry                            | absent   |                                  |
| the payee cannot be opened: nothing is sent  | rejected | `PAYEE_UNREADABLE`, our own code |
| everything else: 5xx, 409, silence, nonsense | unknown  | timeout, connection, http-503 ...|

What is not surely a refusal is unknown, and is asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal, Protocol

import httpx
from pydantic import BaseModel, Field, ValidationError

from services.payments.calls import BankAnswered, InquireCall, PayCall, Standing
from shared.decider import Call
from shared.errors import Unreadable
from shared.runtime import Clock

TIMEOUT_S = 10.0
"""The longest wait for an answer, from the start of a call to its end."""
AT_ONCE = 64
"""Most calls under way at the same time, and most connections to the bank."""
PAYEE_UNREADABLE = "CP01"
"""Not an ISO 20022 code: the payee was not sealed to us, was changed, or names no account."""
FAULTS = {"creditor_account": "AC01", "amount.minor": "AM02", "amount.currency": "AM03"}
"""ISO 20022 reason by the field of the order that the bank cannot read."""
UNFIT = "FF01"
"""ISO 20022: another part of the order is incomplete or invalid."""


class SealedReader(Protocol):
    """What opens a sealed payee; see `shared.sealing.Opener`."""

    def open(self, sealed: str) -> dict[str, Any]: ...


class Payee(BaseModel):
    """Whose account the money goes to, in clear. Lives as long as one call."""

    account: Annotated[str, Field(min_length=1)]
    name: str | None = None


class Receipt(BaseModel):
    """What the bank says of a transfer it has decided on."""

    transfer_id: str
    end_to_end_id: str
    status: Literal["settled", "rejected"]
    reason: str | None = None


class Lines(httpx.AsyncBaseTransport):
    """So many connections, each in a pool of its own; the one used last is used next.

    httpcore looks through all connections of a pool for every request: with 64 in one pool that
    alone took half of this service's time. Ask for no more than there are at once.
    """

    def __init__(self, count: int) -> None:
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        trust = httpx.create_ssl_context(trust_env=False)
        self._all = [httpx.AsyncHTTPTransport(verify=trust, limits=one) for _ in range(count)]
        self._free = list(self._all)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends it on a free line and reads all of the answer before the line is free again."""
        line = self._free.pop()
        try:
            answer = await line.handle_async_request(request)
            await answer.aread()
            return answer
        finally:
            self._free.append(line)

    async def aclose(self) -> None:
        """Hangs up all of them."""
        for line in self._all:
            await line.aclose()


class Bank:
    """Calls the bank, never more than `AT_ONCE` times at once. `close` it at the end."""

    def __init__(
        self, url: str, reader: SealedReader, clock: Clock, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            transport=Lines(AT_ONCE),
            # A proxy that the environment happens to name has no business between us and the bank.
            trust_env=False,
        )

    async def __call__(self, call: Call) -> BankAnswered:
        """Makes the call. What the network or the bank does wrong is an answer, never raised."""
        assert isinstance(call, PayCall | InquireCall)
        async with self._slots:
            if self._too_late(call):
                return _answered(call, Standing.UNKNOWN, "not-begun")
            return await (self._pay(call) if isinstance(call, PayCall) else self._inquire(call))

    async def close(self) -> None:
        """Ends all connections."""
        await self._http.aclose()

    def _too_late(self, call: PayCall | InquireCall) -> bool:
        """Whether the call waited so long for its turn that an inquiry will overtake it."""
        return self._clock() + timedelta(seconds=self._timeout_s) > call.until

    async def _pay(self, call: PayCall) -> BankAnswered:
        try:
            payee = Payee.model_validate(self._reader.open(call.payee))
        except (Unreadable, ValidationError):
            return _answered(call, Standing.REJECTED, PAYEE_UNREADABLE)
        return await self._asked(
            call,
            "POST",
            "/transfers",
            json=_order(call, payee),
            headers={"Idempotency-Key": call.order_id},
        )

    async def _inquire(self, call: InquireCall) -> BankAnswered:
        return await self._asked(call, "GET", f"/transfers/{call.order_id}")

    async def _asked(
        self, call: PayCall | InquireCall, method: str, path: str, **request: Any
    ) -> BankAnswered:
        try:
            # httpx limits each read; this limits the call, however slowly the answer drips.
            async with asyncio.timeout(self._timeout_s):
                answer = await self._http.request(method, path, **request)
        except (TimeoutError, httpx.TimeoutException):
            return _answered(call, Standing.UNKNOWN, "timeout")
        except httpx.HTTPError:
            return _answered(call, Standing.UNKNOWN, "connection")
        return _understood(call, answer)


def _order(call: PayCall, payee: Payee) -> dict[str, Any]:
    return {
        "end_to_end_id": call.order_id,
        "amount": {"minor": call.amount.minor, "currency": call.amount.currency},
        "creditor_account": payee.account,
        "creditor_name": payee.name,
        "remittance": call.remittance,
    }


def _understood(call: PayCall | InquireCall, answer: httpx.Response) -> BankAnswered:
    match answer.status_code:
        case HTTPStatus.OK | HTTPStatus.CREATED:
            return _receipt(call, answer)
        case HTTPStatus.NOT_FOUND if isinstance(call, InquireCall):
            return _answered(call, Standing.ABSENT)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY if _faults(answer):
            return _answered(call, Standing.REJECTED, _fault(_faults(answer)))
        case status:
            return _answered(call, Standing.UNKNOWN, f"http-{status}")


def _receipt(call: PayCall | InquireCall, answer: httpx.Response) -> BankAnswered:
    try:
        receipt = Receipt.model_validate_json(answer.content)
    except ValidationError:
        return _answered(call, Standing.UNKNOWN, "unreadable-answer")
    if receipt.end_to_end_id != call.order_id:
        return _answered(call, Standing.UNKNOWN, "another-order")
    if receipt.status == "rejected":
        return _answered(call, Standing.REJECTED, receipt.reason or UNFIT)
    return BankAnswered(
        call=call.id,
        order_id=call.order_id,
        standing=Standing.SETTLED,
        transfer_id=receipt.transfer_id,
    )


def _faults(answer: httpx.Response) -> Sequence[str]:
    """The fields of the order that the bank could not read (RFC 9457, member `errors`).

    None are named where a key was used for another order: then money may have moved.
    """
    try:
        problem = Unfit.model_validate_json(answer.content)
    except ValidationError:
        return ()
    return [error.field for error in problem.errors]


class Fault(BaseModel):
    """One field that the bank could not read."""

    field: str


class Unfit(BaseModel):
    """Problem details that name fields."""

    errors: list[Fault] = Field(default_factory=list)


def _fault(fields: Sequence[str]) -> str:
    return next((FAULTS[field] for field in fields if field in FAULTS), UNFIT)


def _answered(call: PayCall | InquireCall, standing: Standing, reason: str = "") -> BankAnswered:
    return BankAnswered(call=call.id, order_id=call.order_id, standing=standing, reason=reason)
