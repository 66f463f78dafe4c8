"""What payments does about what it hears, as given, when and then."""

from datetime import timedelta

import pytest

from services.payments.calls import InquireCall, PayCall, Standing
from services.payments.decide import BOOK
from services.payments.rules import Contradiction, Unbookable, next_inquiry
from services.payments.state import Booked, Failed, OrderPlaced, Settled, calls, due
from shared.contracts.claims import ClaimReferred, Track, WithdrawalAccepted
from shared.contracts.payments import PaymentFailed, PaymentOrdered, PaymentSettled
from shared.decider import Due
from shared.testing.spec import NOON, given

from .mothers import (
    CLAIM,
    INQUIRE,
    LEASE,
    MESSAGE,
    ORDER,
    PAY,
    PAY_AGAIN,
    SECOND_ORDER,
    a_failed_book,
    a_settled_book,
    an_inquiring_book,
    an_ordered_book,
    an_unconfirmed_book,
    announced,
    answered,
    approved,
    assessed,
    begun,
    booked,
    denied,
    failed,
    lowered,
    made_payable,
    ordered,
    paid_out,
    placed,
    planned,
    raised,
    reserved_again,
    resumed,
    settled,
    unconfirmed,
    yuan,
)

REFERRED = ClaimReferred(track=Track.COMPLEX, owner="desk", decide_by=NOON, reasons=())

# -- the reserve


def test_an_assessed_loss_is_reserved() -> None:
    given(BOOK).when(assessed(300)).then(booked(raised(1, 300)))


def test_the_same_reserve_again_changes_nothing() -> None:
    given(BOOK, booked(raised(1, 300))).when(assessed(300)).then_nothing()


def test_a_loss_assessed_anew_moves_the_reserve_by_the_difference() -> None:
    given(BOOK, booked(raised(1, 300))).when(assessed(340)).then(booked(raised(2, 40)))
    given(BOOK, booked(raised(1, 300))).when(assessed(100)).then(booked(lowered(2, 200)))


def test_a_loss_of_nothing_needs_no_reserve() -> None:
    given(BOOK).when(assessed(0)).then_nothing()


def test_a_reserve_below_nothing_cannot_be_booked() -> None:
    with pytest.raises(Unbookable, match="below nothing"):
        given(BOOK).when(assessed(-1))


@pytest.mark.parametrize("ending", [denied(), WithdrawalAccepted()])
def test_a_denied_or_withdrawn_claim_releases_its_reserve(ending: object) -> None:
    given(BOOK, booked(raised(1, 300))).when(ending).then(booked(lowered(2, 300)))  # type: ignore[arg-type]


def test_a_denied_claim_that_nothing_is_known_of_has_nothing_to_release() -> None:
    given(BOOK).when(denied()).then_nothing()


def test_a_reserve_in_another_currency_is_released_too() -> None:
    (release,) = given(BOOK, booked(raised(1, 300))).when(assessed(40, "USD")).only(Booked)
    assert [str(entry.amount) for entry in release.entries] == ["300.00 CNY", "40.00 USD"]


# -- the order


def test_an_approval_makes_the_reserved_amount_payable_and_orders_it() -> None:
    given(BOOK, booked(raised(1, 250))).when(approved(250)).then(
        booked(made_payable(2, 250)), announced(), placed()
    )


def test_an_approval_first_brings_the_reserve_to_its_amount() -> None:
    given(BOOK, booked(raised(1, 300))).when(approved(250)).then(
        booked(lowered(2, 50, ORDER), made_payable(3, 250)), announced(), placed()
    )


def test_an_approval_of_an_unknown_claim_makes_its_own_reserve() -> None:
    given(BOOK).when(approved(250)).then(*ordered())


def test_an_approval_heard_twice_is_ordered_once() -> None:
    an_ordered_book().when(approved(250)).then_nothing()
    an_ordered_book().when(approved(999), id_="another").then_nothing()


def test_a_second_approval_of_a_settled_claim_is_a_second_order() -> None:
    a_settled_book().when(approved(100, approval=2), id_="m-2").then(
        booked(raised(4, 100, SECOND_ORDER), made_payable(5, 100, SECOND_ORDER)),
        announced(SECOND_ORDER, 2, 100),
        placed(SECOND_ORDER, 2, 100),
    )


def test_a_second_approval_does_not_disturb_an_order_under_way() -> None:
    outcome = an_ordered_book().when(approved(100, approval=2), id_="m-2")
    assert [call.id for call in calls(outcome.state)] == [PAY, f"{SECOND_ORDER}/pay/1"]


def test_an_approval_after_a_refused_payment_uses_what_was_reserved_again() -> None:
    facts = a_failed_book().when(approved(250, approval=2), id_="m-2").facts
    assert facts[0] == booked(made_payable(4, 250, SECOND_ORDER))


@pytest.mark.parametrize("amount", [0, -5])
def test_an_approval_of_nothing_is_no_order(amount: int) -> None:
    with pytest.raises(Unbookable, match="orders nothing"):
        given(BOOK).when(approved(amount))


def test_the_order_is_stored_as_a_call_under_its_own_id() -> None:
    (call,) = calls(an_ordered_book().state)
    assert call == PayCall(
        id=PAY, order_id=ORDER, amount=yuan(250), payee="sealed", remittance=CLAIM, until=LEASE
    )


def test_an_order_is_looked_at_when_its_lease_is_over() -> None:
    assert due(an_ordered_book().state) == LEASE


# -- the bank's answers


def test_a_settled_payment_leaves_the_bank() -> None:
    an_ordered_book().when(answered(Standing.SETTLED)).then(booked(paid_out(3, 250)), settled())


def test_a_refused_payment_is_reserved_again() -> None:
    an_ordered_book().when(answered(Standing.REJECTED, reason="AC04")).then(
        booked(reserved_again(3, 250)), failed("AC04")
    )


def test_an_ended_order_has_no_payee_no_call_and_no_deadline() -> None:
    for book, stage in ((a_settled_book(), Settled), (a_failed_book(), Failed)):
        (order,) = book.state.orders
        assert isinstance(order, stage)
        assert "payee" not in order.model_dump()
        assert (calls(book.state), due(book.state)) == ([], None)


def test_no_usable_answer_is_unconfirmed_and_asked_about_soon() -> None:
    an_ordered_book().when(answered(Standing.UNKNOWN, reason="timeout")).then(
        unconfirmed(), planned(2)
    )


def test_between_inquiries_nobody_calls_the_bank() -> None:
    state = an_unconfirmed_book().state
    assert (calls(state), due(state)) == ([], NOON + timedelta(seconds=2))


def test_an_inquiry_that_is_due_begins() -> None:
    outcome = an_unconfirmed_book().when(Due(at=NOON + timedelta(seconds=2)))
    outcome.then(begun())
    inquiry = InquireCall(id=INQUIRE, cause=MESSAGE, order_id=ORDER, until=LEASE)
    assert calls(outcome.state) == [inquiry]


def test_a_lease_that_ran_out_is_unconfirmed_and_asked_about_at_once() -> None:
    an_ordered_book().when(Due(at=LEASE), now=LEASE).then(
        unconfirmed(reason="no-outcome"), begun(LEASE + timedelta(seconds=45))
    )


def test_an_inquiry_whose_lease_ran_out_is_made_again_under_a_new_id() -> None:
    outcome = an_inquiring_book().when(Due(at=LEASE), now=LEASE)
    outcome.then(begun(LEASE + timedelta(seconds=45)))
    assert [call.id for call in calls(outcome.state)] == [f"{ORDER}/inquire/3"]


def test_only_the_orders_that_are_due_are_asked_about() -> None:
    later = LEASE + timedelta(seconds=1)
    book = given(BOOK, *ordered(), placed(SECOND_ORDER, 2, 100, later))
    book.when(Due(at=LEASE)).then(unconfirmed(reason="no-outcome"), begun())


def test_an_inquiry_finds_a_settled_payment() -> None:
    an_inquiring_book().when(answered(Standing.SETTLED, INQUIRE)).then(
        booked(paid_out(3, 250)), settled()
    )


def test_an_inquiry_finds_a_refused_payment() -> None:
    an_inquiring_book().when(answered(Standing.REJECTED, INQUIRE, "AC06")).then(
        booked(reserved_again(3, 250)), failed("AC06")
    )


def test_what_the_bank_never_received_is_paid_again_under_the_same_key() -> None:
    outcome = an_inquiring_book().when(answered(Standing.ABSENT, INQUIRE))
    outcome.then(resumed())
    (call,) = calls(outcome.state)
    assert isinstance(call, PayCall)
    assert (call.id, call.order_id) == (PAY_AGAIN, ORDER)


def test_an_unanswered_inquiry_is_repeated_later_without_further_news() -> None:
    an_inquiring_book().when(answered(Standing.UNKNOWN, INQUIRE, "http-503")).then(
        planned(4, "http-503")
    )


def test_a_second_unanswered_payment_is_news_again() -> None:
    book = given(BOOK, *ordered(), unconfirmed(), planned(2), begun(), resumed())
    book.when(answered(Standing.UNKNOWN, PAY_AGAIN, "timeout")).then(
        unconfirmed(attempt=3), planned(4)
    )


def test_inquiries_wait_twice_as_long_each_time_but_never_over_a_minute() -> None:
    waits = [(next_inquiry(NOON, n) - NOON).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 9999)]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


# -- answers that come late, twice or from nowhere


@pytest.mark.parametrize("standing", list(Standing))
def test_a_settled_payment_stays_settled_whatever_comes_later(standing: Standing) -> None:
    a_settled_book().when(answered(standing, INQUIRE)).then_nothing()


@pytest.mark.parametrize("standing", [Standing.REJECTED, Standing.UNKNOWN, Standing.ABSENT])
def test_a_refused_payment_stays_refused(standing: Standing) -> None:
    a_failed_book().when(answered(standing, INQUIRE)).then_nothing()


def test_a_payment_that_was_refused_and_then_settled_is_put_before_a_person() -> None:
    with pytest.raises(Contradiction, match="AC04"):
        a_failed_book().when(answered(Standing.SETTLED, INQUIRE))


def test_a_late_settlement_of_the_first_call_ends_the_inquiry() -> None:
    an_inquiring_book().when(answered(Standing.SETTLED, PAY)).then(
        booked(paid_out(3, 250)), settled()
    )


@pytest.mark.parametrize("standing", [Standing.UNKNOWN, Standing.ABSENT])
def test_an_older_call_cannot_say_that_nothing_is_known(standing: Standing) -> None:
    an_inquiring_book().when(answered(standing, PAY)).then_nothing()
    an_unconfirmed_book().when(answered(standing, PAY)).then_nothing()


def test_an_answer_about_an_unknown_order_is_none_of_our_business() -> None:
    given(BOOK).when(answered(Standing.SETTLED)).then_nothing()


def test_a_denial_leaves_an_order_under_way_alone() -> None:
    an_ordered_book().when(denied()).then_nothing()


def test_a_fact_that_payments_does_not_hear_is_an_error_of_the_wiring() -> None:
    with pytest.raises(TypeError, match="ClaimReferred"):
        given(BOOK).when(REFERRED)


# -- what the public facts say


def test_the_sealed_payee_is_in_no_public_fact() -> None:
    facts = given(BOOK).when(approved()).only(Booked, PaymentOrdered, OrderPlaced)
    public = [fact for fact in facts if not fact.private]
    assert public == [announced()]
    for fact in (PaymentOrdered, PaymentSettled, PaymentFailed):
        assert "payee" not in fact.model_fields


def test_a_book_survives_the_store() -> None:
    for book in (an_ordered_book(), an_inquiring_book(), a_settled_book(), a_failed_book()):
        raw = BOOK.state.dump_python(book.state, mode="json")
        assert BOOK.state.validate_python(raw) == book.state
