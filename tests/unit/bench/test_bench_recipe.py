"""What a claim costs, as it is read off the topics."""

from __future__ import annotations

from pathlib import Path

from aiokafka import ConsumerRecord

from benchmarks.recipe import REPORT, Recipe, Said, Step, Stores, read
from benchmarks.topics import steps
from benchmarks.work import Written, per_claim, scaled


def a_record(
    claim: str, service: str, type_: str, cause: str, value: bytes = b"12345"
) -> ConsumerRecord[bytes, bytes]:
    headers = [
        ("ce_id", f"{claim}-{type_}".encode()),
        ("ce_type", type_.encode()),
        ("ce_subject", claim.encode()),
        ("ce_source", f"/claimpath/{service}".encode()),
        ("ce_causationid", f"{claim}-{cause}".encode()),
    ]
    return ConsumerRecord("t", 0, 0, 0, 0, claim.encode(), value, None, 1, 1, headers)


def a_claim(claim: str) -> list[ConsumerRecord[bytes, bytes]]:
    return [
        a_record(claim, "intake", "reported", "http"),
        a_record(claim, "claims", "approved", "reported"),
        a_record(claim, "claims", "assessed", "reported", b"12345678901"),
    ]


RECIPE = Recipe(
    steps=(
        Step("intake", REPORT, (Said("reported", 100),)),
        Step("claims", "reported", (Said("approved", 50), Said("assessed", 60))),
    ),
    hears={"intake": ("intake", "claims"), "claims": ("intake",)},
    stores={"intake": Stores(1.0, 1000, 3.0, 10), "claims": Stores(2.5, 200, 0.0, 0)},
    report_bytes=700,
)


def test_facts_with_one_cause_are_one_step_and_the_first_is_caused_by_the_report() -> None:
    found = steps([*a_claim("c-1"), *a_claim("c-2")])
    assert [(step.service, step.cause) for step in found] == [
        ("intake", REPORT),
        ("claims", "reported"),
    ]
    assert [said.type for said in found[1].says] == ["approved", "assessed"]


def test_bytes_are_key_value_and_headers() -> None:
    record = a_record("c-1", "intake", "reported", "http")
    ((said,),) = (step.says for step in steps([record]))
    assert said.bytes == 3 + 5 + sum(len(name) + len(value) for name, value in record.headers)


def test_what_only_few_claims_have_is_left_out() -> None:
    odd = a_record("c-1", "notifications", "bounced", "reported")
    found = steps([*a_claim("c-1"), odd, *a_claim("c-2"), *a_claim("c-3")])
    assert {step.service for step in found} == {"intake", "claims"}


def test_totals_count_a_hop_for_each_service_that_hears_a_fact() -> None:
    totals = RECIPE.totals()
    assert totals["facts"] == 3
    assert totals["hops"] == 1 + 2 + 1  # reported: intake and claims; approved, assessed: intake
    assert totals["kafka_bytes"] == 210
    assert totals["writes"] == 6.5
    assert totals["written_bytes"] == 1000 + 30 + 500


def test_sizes_are_scaled_and_the_number_of_writes_stays() -> None:
    assert scaled(Stores(2.0, 1000, 3.0, 10), 0.5) == Stores(2.0, 500, 3.0, 5)


def test_a_recipe_that_is_stored_is_read_again(tmp_path: Path) -> None:
    RECIPE.save(tmp_path / "recipe.json")
    assert read(tmp_path / "recipe.json") == RECIPE


def test_writes_are_updates_or_else_what_was_added() -> None:
    before = Written({"b_x.claim": 10, "b_x.path": 0}, {"b_x.claim": 5, "b_x.path": 50}, 1_000)
    after = Written({"b_x.claim": 14, "b_x.path": 0}, {"b_x.claim": 7, "b_x.path": 80}, 5_000)
    assert per_claim(before, after, 2) == {"writes": 17.0, "written_bytes": 2_000.0}
