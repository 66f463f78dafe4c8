"""What tests of bad requests stand on: claims in every state, and what a refusal looks like."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.contracts.base import Service
from tests.network.walking import Walking
from tests.waiting import until

NOW = datetime.now(UTC)
LOSS = NOW - timedelta(days=1)
RATINGS = dict.fromkeys(("reliability", "responsiveness", "convenience", "security", "kindness"), 4)
COMPLAINT = {"customer": "CUS-9", "complaint_class": "service", "channel": "web", "text": "Slow."}
APPROVAL = {"decision": "approve", "decided_by": "Li Na"}


@dataclass(frozen=True)
class Ground:
    """A policy, a claim that waits for documents, one that waits for a person, one decided."""

    policy: str
    collecting: str
    waiting: str
    decided: str

    def at(self, path: str) -> str:
        """The path with its `{collecting}` and so on filled in."""
        return path.format(**vars(self))


def key() -> dict[str, str]:
    """A header that names a new wish."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def policy(**changes: Any) -> dict[str, Any]:
    """A motor policy of its own number."""
    return {
        "policy_number": f"BAD-{uuid.uuid4().hex[:12]}",
        "product": "motor",
        "customer": "CUS-9",
        "starts": str(NOW.date() - timedelta(days=300)),
        "ends": str(NOW.date() + timedelta(days=64)),
        **changes,
    }


def report(number: str, **changes: Any) -> dict[str, Any]:
    """A loss of 600 yuan, with nothing but the report."""
    return {
        "kind": "motor",
        "policy_number": number,
        "loss_at": LOSS.isoformat(),
        "claimed": {"minor": 60_000},
        **changes,
    }


def whole(number: str, minor: int, **changes: Any) -> dict[str, Any]:
    """A report that needs nothing more."""
    codes = ("identity", "driving-licence", "photos", "repair-estimate")
    held = [{"item": c, "sha256": hashlib.sha256(c.encode()).hexdigest()} for c in codes]
    payee = {"account": "6222 0200 1234", "name": "Wang Fang"}
    return report(number, claimed={"minor": minor}, documents=held, payee=payee, **changes)


async def grounded(walking: Walking) -> Ground:
    """Real claims to be asked about, each where it is to be."""
    number = await registered(walking)
    collecting = await reported(walking, report(number))
    waiting = await reported(walking, whole(number, 5_000_000))
    decided = await reported(walking, whole(number, 60_000))
    for claim, stage in ((collecting, "reported"), (waiting, "waiting"), (decided, "closed")):
        await until(stands(walking, claim, stage), f"claim {claim} is {stage}")
    return Ground(number, collecting, waiting, decided)


async def registered(walking: Walking, **changes: Any) -> str:
    """The number of a policy that intake knows too."""
    asked = policy(**changes)
    response = await walking.http.post("/claims/policies", json=asked, headers=key())
    assert response.status_code == 201, response.text

    async def known() -> bool:
        where = f"/intake/policies/{asked['policy_number']}"
        return (await walking.http.get(where)).status_code == 200

    await until(known, "intake knows the policy")
    return str(asked["policy_number"])


async def reported(walking: Walking, body: Mapping[str, Any]) -> str:
    """The number of a claim that was taken."""
    response = await walking.http.post("/intake/claims", json=body, headers=key())
    assert response.status_code == 202, response.text
    return str(response.json()["claim"])


def refused(response: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem (RFC 9457) that an answer must be; it names the field, where there is one."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["type"].startswith("urn:claimpath:problem:")
    assert (told["status"], bool(told["title"]), bool(told["detail"])) == (status, True, True)
    assert "Traceback" not in response.text
    if field is not None:
        assert field in [error["field"] for error in told["errors"]]
        assert all(error["message"] for error in told["errors"])
    return told


async def unharmed(walking: Walking) -> None:
    """Claims go through, every service is ready, and nothing is parked."""
    summary = await walking.submit("--sample", "5", "--seed", str(uuid.uuid4().int % 10**9))
    assert (summary["submitted"], summary["lost"], summary["duplicates"]) == (5, 0, 0)
    for service in Service:
        ready = await walking.http.get(f"/{service}/health/ready")
        assert ready.status_code == 200, f"{service}: {ready.text}"
        parked = await walking.http.get(f"/{service}/parked")
        assert parked.json()["items"] == []


def stands(walking: Walking, claim: str, stage: str) -> Callable[[], Awaitable[bool]]:
    """Asks whether the claim has come to this stage."""

    async def asked() -> bool:
        shown = await walking.http.get(f"/intake/claims/{claim}")
        return bool(shown.json()["stage"] == stage)

    return asked
