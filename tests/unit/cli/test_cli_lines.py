"""The lines of an NDJSON file."""

import json

from claimpath.lines import Unreadable, Wish, read_ndjson

LINE = {
    "key": "k-1",
    "kind": "motor",
    "policy_number": "P-1",
    "loss_at": "2026-10-11T09:30:00+08:00",
    "claimed": {"minor": 250_000, "currency": "CNY"},
}


def read(**changes: object) -> Wish | Unreadable:
    (found,) = read_ndjson([json.dumps(LINE | changes)])
    return found


def reason(found: Wish | Unreadable) -> str:
    assert isinstance(found, Unreadable)
    return found.reason


def test_a_line_is_a_claim() -> None:
    found = read()
    assert isinstance(found, Wish)
    assert found.claim.key == "k-1"
    assert found.policy is None


def test_policy_and_withdrawal_do_not_go_to_intake() -> None:
    policy = {"policy_number": "P-1", "product": "motor", "customer": "C", "starts": "2026-01-01"}
    found = read(policy=policy | {"ends": "2026-12-31"}, withdraw="before-documents")
    assert isinstance(found, Wish)
    assert found.policy is not None
    assert not {"policy", "withdraw"} & set(found.claim.row())


def test_a_field_that_is_not_known_is_told() -> None:
    assert reason(read(polcy={})).startswith("polcy: ")


def test_a_time_without_a_zone_is_told() -> None:
    assert reason(read(loss_at="2026-10-11T09:30:00")).startswith("loss_at: ")


def test_what_is_not_json_is_told_with_its_line() -> None:
    found = list(read_ndjson([json.dumps(LINE), "", "{"]))
    assert isinstance(found[1], Unreadable)
    assert found[1].line == 3
