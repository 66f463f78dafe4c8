"""What comes into intake from outside: checklists as files, uploads, bulk lines."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.intake.bulk import answers
from services.intake.checklists import DIRECTORY, ChecklistMistake, load_checklists
from services.intake.report import BulkLine, LossReport, claim_id, content
from services.intake.uploads import checked
from shared.contracts.base import KindOfLoss
from shared.ndjson import numbered
from shared.problems import Problem, invalid

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(64)
PROGRAM = b"MZ\x90\x00" + bytes(128)


def test_every_kind_of_loss_has_a_checklist() -> None:
    assert set(load_checklists()) == set(KindOfLoss)


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("kind: motor\nitems: [{code: x, zh: x}]", "en"),
        ("kind: spaceship\nitems: []", "spaceship"),
        ("kind: motor\nitems: [{code: x, zh: x, en: x, when: raining}]", "raining"),
        ("kind: [", "motor.yaml"),
    ],
)
def test_a_checklist_with_a_mistake_is_refused_with_file_and_reason(
    mistake: str, told: str, tmp_path: Path
) -> None:
    for source in DIRECTORY.glob("*.yaml"):
        (tmp_path / source.name).write_text(source.read_text("utf-8"), "utf-8")
    (tmp_path / "motor.yaml").write_text(mistake, "utf-8")
    with pytest.raises(ChecklistMistake, match=told) as refused:
        load_checklists(tmp_path)
    assert "motor.yaml" in str(refused.value)


def test_a_kind_without_a_checklist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChecklistMistake, match="critical-illness"):
        load_checklists(tmp_path)


def test_a_sound_upload_is_what_it_says() -> None:
    assert checked(PDF, "application/pdf", None) == "application/pdf"
    assert checked(JPEG, None, None) == "image/jpeg"


def test_a_digest_that_matches_is_accepted_and_another_refused() -> None:
    right = base64.b64encode(hashlib.sha256(PDF).digest()).decode()
    assert checked(PDF, None, f"sha-256=:{right}:") == "application/pdf"
    refuse(422, "digest-differs", PDF, None, "sha-256=:AAAA:")


@pytest.mark.parametrize(
    ("body", "declared", "status", "code"),
    [
        (b"", "application/pdf", 422, "empty"),
        (PROGRAM, "application/pdf", 415, "unsupported-type"),
        (PROGRAM, None, 415, "unsupported-type"),
        (JPEG, "application/pdf", 415, "disguised"),
        (b"<script>alert(1)</script>", "image/png", 415, "unsupported-type"),
    ],
)
def test_empty_foreign_and_disguised_uploads_are_refused(
    body: bytes, declared: str | None, status: int, code: str
) -> None:
    refuse(status, code, body, declared, None)


def refuse(status: int, code: str, *upload: Any) -> None:
    with pytest.raises(Problem) as problem:
        checked(*upload)
    assert (problem.value.status, problem.value.code) == (status, code)
    assert problem.value.errors


def line(**changes: Any) -> bytes:
    whole = {
        "key": "k-1",
        "kind": "motor",
        "policy_number": "P-1",
        "loss_at": "2026-03-01T10:00:00+08:00",
        "claimed": {"minor": 100},
    }
    return json.dumps(whole | changes).encode()


async def told(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(answer) async for answer in answers(numbered(body), take)]


async def take(lines: Sequence[BulkLine]) -> list[dict[str, Any] | Problem]:
    return [
        invalid("claimed.minor", "absurd") if line.claimed.minor > 10**12 else {"claim": line.key}
        for line in lines
    ]


async def test_every_line_gets_its_own_answer_with_its_number() -> None:
    body = b"\n".join(
        [line(), b"{not json", line(key="k-2", claimed={"minor": 10**13}), b"", line(key="k-3")]
    )
    found = await told(body)
    assert [(f["line"], f["status"]) for f in found] == [
        (1, "accepted"),
        (2, "refused"),
        (3, "refused"),
        (5, "accepted"),
    ]
    assert found[1]["code"] == "malformed-json"
    assert found[2]["errors"] == [{"field": "claimed.minor", "message": "absurd"}]


async def test_a_huge_line_is_refused_and_the_next_one_taken() -> None:
    body = line(customer="C" * 200_000) + b"\n" + line()
    found = await told(body)
    assert [f["status"] for f in found] == ["refused", "accepted"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "spaceship"}, "kind"),
        ({"claimed": {"minor": "1"}}, "claimed.minor"),
        ({"claimed": {"minor": 1.5}}, "claimed.minor"),
        ({"claimed": {"minor": 1, "currency": "yuan"}}, "claimed.currency"),
        ({"loss_at": "2026-03-01T10:00:00"}, "loss_at"),
        ({"colour": "red"}, "colour"),
        ({"circumstances": {"hospital_days": -1}}, "circumstances.hospital_days"),
        ({"documents": [{"item": "photos", "sha256": "xyz"}]}, "documents.0.sha256"),
        ({"contact": {"email": "nowhere"}}, "contact.email"),
        ({"payee": {"account": "'; drop", "name": "x"}}, "payee.account"),
    ],
)
async def test_a_wrong_field_is_named(change: dict[str, Any], field: str) -> None:
    (answer,) = await told(line(**change))
    assert answer["status"] == "refused"
    assert field in [error["field"] for error in answer["errors"]]


def test_the_same_report_has_the_same_number_and_content() -> None:
    first, again = (
        LossReport.model_validate_json(strip(line())),
        BulkLine.model_validate_json(line()),
    )
    assert content(first) == content(again)
    assert claim_id("http:1") == claim_id("http:1") != claim_id("http:2")


def strip(body: bytes) -> bytes:
    whole = json.loads(body)
    del whole["key"]
    return json.dumps(whole).encode()
