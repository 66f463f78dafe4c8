"""Handing claims in, and what is learned of them afterwards."""

from collections.abc import Sequence

import httpx
import pytest

from claimpath import handing_in, outcomes
from claimpath.client import Declined
from claimpath.handing_in import Accepted, HandedIn, hand_in
from claimpath.lines import Wish, Withdrawal
from claimpath.steps import Steps
from tests.unit.cli.fake_network import FakeNetwork, problem
from tests.unit.cli.stories import a_fact, a_path, a_sample

QUIET = Steps(visible=False)


def by_upload(withdraw: Withdrawal | None = None) -> Wish:
    """A claim that lacks its documents and its account."""
    wish = next(iter(a_sample().claims(1)))
    bare = {"documents": (), "payee": None, "withdraw": withdraw}
    return Wish(wish.claim.model_copy(update=bare))


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


async def handed_in(network: FakeNetwork, wishes: Sequence[Wish]) -> HandedIn:
    return await hand_in(network.gateway(), wishes, QUIET)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_in, "PAUSE_S", 0.0)
    monkeypatch.setattr(outcomes, "PAUSE_S", 0.0)


async def test_every_claim_of_a_sample_is_accepted() -> None:
    network = FakeNetwork()
    result = await handed_in(network, list(a_sample().claims(100)))
    assert len(result.accepted) == 100
    assert not result.refused
    assert not result.hitches


async def test_the_same_sample_again_is_the_same_claims() -> None:
    network = FakeNetwork()
    first = await handed_in(network, list(a_sample().claims(20)))
    again = await handed_in(network, list(a_sample().claims(20)))
    assert set(first.accepted) == set(again.accepted)


async def test_long_lists_go_in_portions() -> None:
    network = FakeNetwork()
    result = await handed_in(network, list(a_sample().claims(1_100)))
    assert len(result.accepted) == 1_100
    assert network.asked["/intake/claims/bulk"] == 3


async def test_a_policy_that_intake_has_not_heard_of_yet_is_waited_for() -> None:
    result = await handed_in(FakeNetwork(slow=3), list(a_sample().claims(5)))
    assert len(result.accepted) == 5


async def test_a_policy_that_never_becomes_known_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handing_in, "PATIENCE_S", 0.0)
    result = await handed_in(FakeNetwork(slow=100), list(a_sample().claims(5)))
    assert [refusal.code for refusal in result.refused] == ["unknown-policy"] * 5


async def test_a_claim_whose_policy_is_refused_is_not_reported() -> None:
    wish = next(iter(a_sample().claims(1)))
    assert wish.policy is not None
    odd = wish.policy.model_copy(update={"product": "unknown"})
    result = await handed_in(FakeNetwork(), [Wish(wish.claim.model_copy(update={"policy": odd}))])
    assert [(r.code, r.detail) for r in result.refused] == [
        ("policy-refused", "product: is not known")
    ]
    assert not result.accepted


async def test_what_is_missing_is_brought_in_one_trace() -> None:
    network = FakeNetwork()
    await handed_in(network, [by_upload()])
    photos, account = network.put
    assert photos.url.path.endswith("/documents/photos")
    assert photos.headers["Content-Type"] == "image/jpeg"
    assert account.url.path.endswith("/payee")
    assert photos.headers["traceparent"] == account.headers["traceparent"]


async def test_a_claim_withdrawn_before_its_documents_brings_none() -> None:
    network = FakeNetwork()
    wish = by_upload(Withdrawal.BEFORE_DOCUMENTS)
    await handed_in(network, [wish])
    assert not network.put
    (request,) = network.withdrawn
    assert request.headers["Idempotency-Key"] == f"{wish.claim.key}-withdraw"


async def test_a_document_that_is_there_already_is_no_trouble() -> None:
    network, wish = FakeNetwork(), by_upload()
    where = f"/intake/claims/CLM-{wish.claim.key}/documents/photos"
    network.answers[where] = [problem(409, "already-submitted", "The claim is complete.")]
    assert not (await handed_in(network, [wish])).hitches


async def test_what_an_earlier_run_brought_is_not_brought_again() -> None:
    network, wish = FakeNetwork(), by_upload()
    network.stages[f"CLM-{wish.claim.key}"] = ["submitted"]
    await handed_in(network, [wish])
    assert not network.put


async def test_trouble_with_one_claim_is_told_and_stops_no_other() -> None:
    network, wishes = FakeNetwork(), list(a_sample(every_upload=True).claims(3))
    where = f"/intake/claims/CLM-{wishes[0].claim.key}/documents/photos"
    network.answers[where] = [problem(415, "disguised", "It is no picture.")]
    result = await handed_in(network, wishes)
    assert len(result.hitches) == 1
    assert "It is no picture." in result.hitches[0]
    assert len({request.url.path.split("/")[3] for request in network.put}) >= 2


async def test_stages_are_asked_until_all_are_at_an_end_or_wait() -> None:
    network, accepted = FakeNetwork(), Accepted("c-1", by_upload(), ())
    network.stages["c-1"] = ["submitted", "approved", "paid", "closed"]
    assert await outcomes.stages(network.gateway(), [accepted], 60, QUIET) == {"c-1": "closed"}


async def test_a_claim_that_is_withdrawn_is_not_left_with_a_person() -> None:
    network = FakeNetwork()
    accepted = Accepted("c-1", by_upload(Withdrawal.AFTER_DOCUMENTS), ())
    network.stages["c-1"] = ["waiting", "waiting", "withdrawn"]
    assert await outcomes.stages(network.gateway(), [accepted], 60, QUIET) == {"c-1": "withdrawn"}


async def test_when_time_runs_out_the_last_stage_stands() -> None:
    network, accepted = FakeNetwork(), Accepted("c-1", by_upload(), ())
    network.stages["c-1"] = ["submitted"]
    assert await outcomes.stages(network.gateway(), [accepted], 0, QUIET) == {"c-1": "submitted"}


async def test_a_path_that_lacks_a_fact_is_asked_for_again() -> None:
    network, where = FakeNetwork(), "/intake/claims/c-1/path"
    whole = a_path(a_fact("a", "ClaimReported", "http:1"))
    network.answers[where] = [
        problem(404, "not-found", "There is no claim c-1."),
        _json(a_path(complete=False)),
        _json(whole),
    ]
    assert await outcomes.paths(network.gateway(), ["c-1"], QUIET) == {"c-1": whole}


async def test_parked_claims_are_found_on_every_page_of_every_service() -> None:
    network = FakeNetwork()
    network.parked["payments"] = [{"claim": "c-1"}, {"claim": "c-2"}]
    network.parked["feedback"] = [{"claim": "c-3"}]
    found = await outcomes.parked(network.gateway(), ["c-2", "c-3", "c-4"])
    assert found == {"c-2", "c-3"}


async def test_a_path_that_is_refused_for_another_reason_is_trouble() -> None:
    network = FakeNetwork()
    network.answers["/intake/claims/c-1/path"] = [problem(422, "invalid", "No claim.")]
    with pytest.raises(Declined, match="No claim"):
        await outcomes.paths(network.gateway(), ["c-1"], QUIET)
