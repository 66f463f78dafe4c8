"""A network that answers over HTTP as the real one, from a few dictionaries."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx

from claimpath.client import Gateway

MISSING = [{"code": "photos", "zh": "", "en": ""}, {"code": "payee", "zh": "", "en": ""}]


class FakeNetwork:
    """Knows policies that are registered, after as many reports as `slow` says."""

    def __init__(self, slow: int = 0) -> None:
        self.slow = slow
        self.policies: set[str] = set()
        self.claims: dict[str, dict[str, Any]] = {}
        self.stages: dict[str, list[str]] = {}
        self.parked: dict[str, list[dict[str, Any]]] = {}
        self.put: list[httpx.Request] = []
        self.withdrawn: list[httpx.Request] = []
        self.answers: dict[str, list[httpx.Response]] = {}
        self.asked: Counter[str] = Counter()

    def gateway(self, patience_s: float = 0.0) -> Gateway:
        """A gateway to this network."""
        http = httpx.AsyncClient(
            base_url="http://network", transport=httpx.MockTransport(self._answer)
        )
        return Gateway(http, patience_s)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[path] += 1
        if self.answers.get(path):
            return self.answers[path].pop(0)
        match path.split("/")[1:]:
            case ["claims", "policies", "bulk"]:
                return _lines([self._register(row) for row in _rows(request)])
            case ["intake", "claims", "bulk"]:
                self.slow -= 1
                return _lines([self._report(row) for row in _rows(request)])
            case ["intake", "claims", "lookup"]:
                wanted = json.loads(request.content)["claims"]
                return httpx.Response(200, json={"items": [self._stage(c) for c in wanted]})
            case ["intake", "claims", _, "withdrawal"]:
                self.withdrawn.append(request)
                return httpx.Response(202, json={})
            case ["intake", "claims", _, *_] if request.method == "PUT":
                self.put.append(request)
                return httpx.Response(201, json={"missing": []})
            case [service, "parked"]:
                return httpx.Response(200, json=self._parked(service, request.url.params))
            case _:
                return problem(404, "not-found", f"There is no {path}.")

    def _register(self, row: dict[str, Any]) -> dict[str, Any]:
        number = row["policy_number"]
        if row["product"] == "unknown":
            wrong = [{"field": "product", "message": "is not known"}]
            return {"policy_number": number, "status": "refused", "errors": wrong}
        self.policies.add(number)
        return {"policy_number": number, "status": "registered", "errors": []}

    def _report(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["policy_number"] not in self.policies or self.slow >= 0:
            return {"status": "refused", "code": "unknown-policy", "detail": "no such policy"}
        claim = f"CLM-{row['key']}"
        self.claims[claim] = row
        missing = [] if row.get("documents") else MISSING
        return {"status": "accepted", "claim": claim, "missing": missing}

    def _stage(self, claim: str) -> dict[str, str]:
        coming = self.stages.setdefault(claim, ["reported"])
        return {"claim": claim, "stage": coming.pop(0) if len(coming) > 1 else coming[0]}

    def _parked(self, service: str, params: httpx.QueryParams) -> dict[str, Any]:
        first = int(params["cursor"])
        found = self.parked.get(service, [])[first : first + 1]
        return {"items": found, "next": str(first + 1) if found else None}


def problem(status: int, code: str, detail: str) -> httpx.Response:
    """A problem details answer with one wrong field."""
    body = {"type": f"urn:claimpath:problem:{code}", "detail": detail}
    return httpx.Response(
        status, json=body | {"errors": [{"field": "key", "message": "is too long"}]}
    )


def _rows(request: httpx.Request) -> list[dict[str, Any]]:
    return [json.loads(line) for line in request.content.splitlines()]


def _lines(answers: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, text="".join(json.dumps(answer) + "\n" for answer in answers))
