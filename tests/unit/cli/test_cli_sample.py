"""What `claimpath submit --sample` makes up."""

from collections import Counter
from datetime import date, timedelta

import pytest

from claimpath.lines import Wish, Withdrawal
from claimpath.sample import BLOCK, TERM, proportions
from services.claims.policy import RegisterPolicy, faults
from services.claims.products import load_products
from services.intake.report import BulkLine
from shared.contracts.base import KindOfLoss
from tests.unit.cli.stories import TODAY, a_sample

HUNDRED = list(a_sample().claims(BLOCK))


def rows(wishes: list[Wish]) -> list[object]:
    return [(wish.claim.model_dump(), wish.payee_later) for wish in wishes]


def insured_days(wish: Wish) -> int:
    assert wish.policy is not None
    return (wish.claim.loss_at.date() - wish.policy.starts).days


def test_the_same_seed_makes_the_same_claims() -> None:
    assert rows(list(a_sample(7).claims(250))) == rows(list(a_sample(7).claims(250)))


def test_a_smaller_sample_is_the_beginning_of_a_larger_one() -> None:
    assert rows(list(a_sample().claims(30))) == rows(HUNDRED[:30])


def test_another_seed_shares_no_key_and_no_policy() -> None:
    other = list(a_sample(8).claims(BLOCK))
    assert not {wish.claim.key for wish in HUNDRED} & {wish.claim.key for wish in other}
    assert not {wish.policy for wish in HUNDRED} & {wish.policy for wish in other}


def test_any_other_day_of_the_month_makes_the_same_claims() -> None:
    assert rows(list(a_sample(today=TODAY.replace(day=30)).claims(BLOCK))) == rows(HUNDRED)


def test_another_month_makes_claims_with_keys_of_their_own() -> None:
    later = list(a_sample(today=date(2026, 12, 1)).claims(BLOCK))
    assert not {wish.claim.key for wish in HUNDRED} & {wish.claim.key for wish in later}


def test_every_claim_and_every_policy_has_its_own_key() -> None:
    many = list(a_sample().claims(1_000))
    assert len({wish.claim.key for wish in many}) == 1_000
    assert len({wish.claim.policy_number for wish in many}) == 1_000


def test_every_kind_of_loss_is_there() -> None:
    assert {wish.claim.kind for wish in HUNDRED} == set(KindOfLoss)


@pytest.mark.parametrize("seed", [0, 1, 99])
def test_each_hundred_has_the_proportions_that_are_written_down(seed: int) -> None:
    second = list(a_sample(seed).claims(2 * BLOCK))[BLOCK:]
    kinds: Counter[KindOfLoss] = Counter()
    for case in proportions().cases:
        kinds[case.kind] += case.count
    assert Counter(wish.claim.kind for wish in second) == kinds
    assert Counter(wish.claim.language for wish in second) == proportions().languages
    endings = Counter(
        (wish.claim.payee or wish.payee_later).account[-4:]  # type: ignore[union-attr]
        for wish in second
    )
    assert endings == proportions().accounts


def test_some_customers_have_no_e_mail_and_all_have_a_name_and_a_phone() -> None:
    contacts = [wish.claim.contact for wish in HUNDRED]
    assert sum(contact is not None and contact.email is None for contact in contacts) == 4
    assert all(contact and contact.name and contact.phone for contact in contacts)


def test_a_third_comes_by_upload_and_the_rest_holds_every_document() -> None:
    without = [w for w in HUNDRED if not w.claim.documents]
    assert 33 <= len(without) <= 34  # one is withdrawn while its documents lack
    for wish in HUNDRED:
        assert wish.payee_later is None or not wish.claim.documents


def test_with_every_upload_no_document_comes_by_reference() -> None:
    uploads = list(a_sample(every_upload=True).claims(BLOCK))
    assert not any(wish.claim.documents for wish in uploads)
    assert not {wish.claim.key for wish in HUNDRED} & {wish.claim.key for wish in uploads}


def test_losses_lie_in_the_weeks_before_this_month() -> None:
    first, last = date(2026, 10, 7), date(2026, 10, 31)
    assert all(first <= wish.claim.loss_at.date() <= last for wish in HUNDRED)


def test_some_losses_fall_outside_the_policy_and_most_inside() -> None:
    outside = [w for w in HUNDRED if not 0 <= insured_days(w) <= TERM / timedelta(days=1)]
    assert len(outside) == 2


def test_some_losses_fall_into_the_waiting_period() -> None:
    waiting = [w for w in HUNDRED if w.claim.kind == "health" and insured_days(w) < 30]
    waiting += [w for w in HUNDRED if w.claim.kind == "critical-illness" and insured_days(w) < 90]
    assert len(waiting) == 3


def test_one_claim_is_withdrawn_before_and_one_after_its_documents() -> None:
    assert Counter(w.claim.withdraw for w in HUNDRED if w.claim.withdraw) == {
        Withdrawal.BEFORE_DOCUMENTS: 1,
        Withdrawal.AFTER_DOCUMENTS: 1,
    }


def test_intake_can_read_every_claim() -> None:
    for wish in HUNDRED:
        assert BulkLine.model_validate(wish.claim.row()).key == wish.claim.key


def test_the_claims_service_can_register_every_policy() -> None:
    products = load_products()
    for wish in HUNDRED:
        assert wish.policy is not None
        assert not faults(products, RegisterPolicy.model_validate(wish.policy.row()))
