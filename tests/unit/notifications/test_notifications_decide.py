"""What notifications decides, as sentences."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.content import Approved, Closed, Content, Paid, Reported
from services.notifications.decide import DECIDER, HEARD
from services.notifications.rules import LEASE, MOST_DEFERRALS, pause
from services.notifications.state import (
    CORRESPONDENCE,
    Accepted,
    Answer,
    Answered,
    Away,
    Bounced,
    ClaimFile,
    ContactLearned,
    Crowded,
    Deferred,
    Delivered,
    Letter,
    LetterBounced,
    LetterDelivered,
    LetterPosted,
    LetterPutOff,
    LetterWritten,
    Medium,
    NoAddress,
    Posted,
    PutOff,
    Reached,
    Refused,
    SendCall,
    Unreached,
    Waiting,
)
from shared.contracts.base import Fact, KindOfLoss, Language, Reason
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    ClaimReferred,
    Line,
    Outcome,
    Track,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.contracts.event import Event, derived
from shared.contracts.intake import (
    Channel,
    Circumstances,
    ClaimReported,
    ClaimWithdrawn,
    DocumentsRequested,
    RequestedItem,
)
from shared.contracts.notifications import MessageBounced, MessageDelivered
from shared.contracts.payments import PaymentSettled
from shared.decider import Command, Due, Message
from shared.money import Money
from shared.testing.spec import NOON, Given, given

YUAN = Money(minor=4_250_00)
WHY = Reason(code="r", zh="理由", en="reason")
LINE = Line(step="loss", zh="核定损失", en="loss", amount=YUAN)
MINUTE = timedelta(minutes=1)


def reported(contact: str | None = "sealed") -> ClaimReported:
    return ClaimReported(
        kind=KindOfLoss.MOTOR,
        policy_number="P-1",
        customer="C-1",
        loss_at=NOON - timedelta(days=1),
        reported_at=NOON,
        claimed=Money(minor=5_000_00),
        channel=Channel.APP,
        language=Language.CHINESE,
        circumstances=Circumstances(),
        contact=contact,
    )


def file(contact: str | None = "sealed") -> ClaimFile:
    return ClaimFile(
        claim="CLM-1",
        customer="C-1",
        language=Language.CHINESE,
        contact=contact,
        policy_number="P-1",
        kind=KindOfLoss.MOTOR,
        loss_at=NOON - timedelta(days=1),
        claimed=Money(minor=5_000_00),
    )


def approved(decided_by: str = "network") -> ClaimApproved:
    return ClaimApproved(
        approval=1,
        amount=YUAN,
        in_full=True,
        lines=(LINE,),
        reasons=(WHY,),
        decided_by=decided_by,
        payee="sealed",
    )


def denied() -> ClaimDenied:
    return ClaimDenied(reasons=(WHY,), decided_by="Wang Fang")


def referred() -> ClaimReferred:
    return ClaimReferred(track=Track.COMPLEX, owner="desk", decide_by=NOON, reasons=(WHY,))


def requested() -> DocumentsRequested:
    return DocumentsRequested(items=(RequestedItem(code="i", zh="发票", en="invoice"),))


def settled() -> PaymentSettled:
    return PaymentSettled(order_id="o", approval=1, amount=YUAN, transfer_id="T-1")


def closed() -> ClaimClosed:
    return ClaimClosed(outcome=Outcome.PAID, paid=YUAN, customer="C-1")


def letter(content: Content, cause: str = "m-1") -> Letter:
    return Letter(id=id_of(cause), cause=cause, at=NOON, content=content)


def id_of(cause: str) -> str:
    return derived("CLM-1", cause, "letter")


def paid(cause: str = "m-1") -> Letter:
    return letter(Paid(amount=YUAN, reference="T-1"), cause)


def posted(cause: str = "m-1", attempt: int = 1, deferrals: int = 0) -> LetterPosted:
    fate = Posted(attempt=attempt, deferrals=deferrals, lease=NOON + LEASE)
    return LetterPosted(letter=id_of(cause), fate=fate)


def put_off(again: datetime, attempt: int = 1, deferrals: int = 1) -> LetterPutOff:
    fate = PutOff(attempt=attempt, deferrals=deferrals, again=again, reason="451")
    return LetterPutOff(letter=id_of("m-1"), fate=fate)


def handed_over(
    template: str, channel: Medium, attempts: int = 1, cause: str = "m-1"
) -> tuple[LetterDelivered, MessageDelivered]:
    fate = Delivered(channel=channel, at=NOON, attempts=attempts)
    said = MessageDelivered(template=template, channel=channel, cause=cause, attempts=attempts)
    return LetterDelivered(letter=id_of(cause), fate=fate), said


def refused(attempts: int, reason: str) -> tuple[LetterBounced, MessageBounced]:
    fate = Bounced(at=NOON, attempts=attempts, reason=reason)
    said = MessageBounced(
        template="paid", channel="email", cause="m-1", attempts=attempts, reason=reason
    )
    return LetterBounced(letter=id_of("m-1"), fate=fate), said


def known(*facts: Fact, contact: str | None = "sealed") -> Given[Unreached | Reached]:
    return given(DECIDER, ContactLearned(file=file(contact)), *facts)


def mailing(attempt: int = 1, deferrals: int = 0) -> Given[Unreached | Reached]:
    return known(LetterWritten(letter=paid()), posted(attempt=attempt, deferrals=deferrals))


def answer(said: Answer, attempt: int = 1) -> Answered:
    letter_id = id_of("m-1")
    return Answered(call=f"{letter_id}/{attempt}", letter=letter_id, attempt=attempt, answer=said)


# ---- what is told ---------------------------------------------------------------------------


def test_a_report_with_a_contact_is_answered_by_mail() -> None:
    first = letter(Reported(decide_by=NOON + timedelta(days=30)))
    given(DECIDER).when(reported()).then(
        ContactLearned(file=file()), LetterWritten(letter=first), posted()
    )


def test_a_report_without_a_contact_is_answered_in_the_inbox_at_once() -> None:
    first = letter(Reported(decide_by=NOON + timedelta(days=30)))
    outcome = given(DECIDER).when(reported(contact=None))
    outcome.then(
        ContactLearned(file=file(None)),
        LetterWritten(letter=first),
        *handed_over("reported", Medium.INBOX),
    )
    assert DECIDER.calls(outcome.state) == []


def test_a_second_report_of_the_same_claim_tells_nothing() -> None:
    known().when(reported()).then_nothing()


@pytest.mark.parametrize(
    ("fact", "template"),
    [
        (requested(), "documents-asked"),
        (referred(), "referred"),
        (approved(), "approved"),
        (denied(), "denied"),
        (settled(), "paid"),
        (closed(), "closed"),
        (ClaimWithdrawn(), "withdrawn"),
        (WithdrawalAccepted(), "withdrawn"),
        (WithdrawalRefused(reason=WHY), "withdrawal-refused"),
    ],
)
def test_every_fact_that_concerns_the_customer_becomes_one_letter(
    fact: Fact, template: str
) -> None:
    written, sent = known().when(fact).only(LetterWritten, LetterPosted)
    assert written.letter.content.template == template
    assert sent.letter == written.letter.id


def test_every_fact_that_is_heard_is_understood() -> None:
    told = {ClaimReported, DocumentsRequested, ClaimReferred, ClaimApproved, ClaimDenied}
    told |= {PaymentSettled, ClaimClosed, ClaimWithdrawn, WithdrawalAccepted, WithdrawalRefused}
    assert set(HEARD) == told


def test_a_message_that_is_not_heard_is_a_clear_error() -> None:
    with pytest.raises(TypeError, match="notifications does not hear Command"):
        known().when(Command())


def test_an_approval_promises_the_money_within_ten_days() -> None:
    content = Approved(
        amount=YUAN,
        in_full=True,
        lines=(LINE,),
        reasons=(WHY,),
        automatic=True,
        pay_by=NOON + timedelta(days=10),
    )
    known().when(approved()).then(LetterWritten(letter=letter(content)), posted())


def test_a_decision_by_a_person_is_not_called_automatic() -> None:
    (written, _) = known().when(approved("Wang Fang")).only(LetterWritten, LetterPosted)
    assert not written.letter.content.automatic


def test_a_promised_date_does_not_move_when_the_approval_is_heard_late() -> None:
    heard = event(approved())
    message = Message("m-1", "CLM-1", approved(), NOON + MINUTE, "demo", event=heard)
    written = DECIDER.decide(message, known().state)[0]
    assert isinstance(written, LetterWritten)
    assert isinstance(written.letter.content, Approved)
    assert written.letter.content.pay_by == NOON + timedelta(days=10)
    assert written.letter.at == NOON


def event(fact: Fact) -> Event:
    return Event(
        id="m-1",
        type=fact.type,
        source="/claimpath/claims",
        subject="CLM-1",
        time=NOON,
        cause="",
        sequence=0,
        insurer="demo",
        traceparent="",
        data=b"",
    )


def test_the_same_cause_never_makes_two_letters() -> None:
    known(LetterWritten(letter=paid()), posted()).when(settled()).then_nothing()


def test_two_payments_make_two_letters() -> None:
    first = known(LetterWritten(letter=paid()), posted())
    first.when(settled(), id_="m-2").only(LetterWritten, LetterPosted)


# ---- topics have no order among each other --------------------------------------------------


def test_what_is_heard_before_the_report_waits() -> None:
    outcome = given(DECIDER).when(settled())
    outcome.then(LetterWritten(letter=paid()))
    assert [each.fate for each in outcome.state.letters] == [Waiting()]
    assert DECIDER.due(outcome.state) is None
    assert DECIDER.calls(outcome.state) == ()


def test_a_closing_letter_that_waited_is_sent_with_the_report() -> None:
    waiting = letter(Closed(outcome=Outcome.PAID, paid=YUAN), "closing")
    outcome = given(DECIDER, LetterWritten(letter=waiting)).when(reported())
    kinds = (ContactLearned, LetterWritten, LetterPosted, LetterPosted)
    _, _, first, second = outcome.only(*kinds)
    assert (first, second) == (posted(), posted("closing"))
    assert len(DECIDER.calls(outcome.state)) == 2


def test_letters_that_waited_for_a_report_without_contact_go_to_the_inbox() -> None:
    outcome = given(DECIDER, LetterWritten(letter=paid("payment"))).when(reported(contact=None))
    said = [fact for fact in outcome.facts if isinstance(fact, MessageDelivered)]
    assert [(fact.template, fact.channel) for fact in said] == [
        ("reported", "inbox"),
        ("paid", "inbox"),
    ]


def test_a_whole_path_that_is_paid_straight_through_tells_four_times_in_any_order() -> None:
    facts: Sequence[Fact] = [reported(None), approved(), settled(), closed()]
    for order in (facts, facts[::-1], [facts[2], facts[0], facts[3], facts[1]]):
        assert sorted(templates_told(order)) == ["approved", "closed", "paid", "reported"]


def templates_told(facts: Sequence[Fact]) -> list[str]:
    state, told = DECIDER.initial, []
    for fact in facts:
        outcome = Given(DECIDER, state).when(fact, id_=f"of-{type(fact).__name__}")
        told += [said.template for said in outcome.facts if isinstance(said, MessageDelivered)]
        state = outcome.state
    return told


# ---- mailing --------------------------------------------------------------------------------


def test_a_posted_letter_is_an_outstanding_call_named_by_letter_and_attempt() -> None:
    state = mailing(attempt=2).state
    (call,) = DECIDER.calls(state)
    assert isinstance(call, SendCall)
    assert call.id == f"{id_of('m-1')}/2"
    assert (call.file, call.attempt) == (file(), 2)


def test_an_accepted_letter_is_delivered_by_mail() -> None:
    outcome = mailing().when(answer(Accepted()))
    outcome.then(*handed_over("paid", Medium.EMAIL))
    assert (DECIDER.calls(outcome.state), DECIDER.due(outcome.state)) == ([], None)


def test_a_contact_without_an_address_is_served_by_the_inbox() -> None:
    mailing().when(answer(NoAddress())).then(*handed_over("paid", Medium.INBOX))


def test_a_refused_letter_bounces_with_the_code() -> None:
    mailing().when(answer(Refused(reason="550 5.1.1"))).then(*refused(1, "550 5.1.1"))


def test_a_deferred_letter_is_put_off_five_seconds() -> None:
    outcome = mailing().when(answer(Deferred(reason="451")))
    outcome.then(put_off(NOON + timedelta(seconds=5)))
    assert DECIDER.due(outcome.state) == NOON + timedelta(seconds=5)
    assert DECIDER.calls(outcome.state) == []


def test_a_letter_deferred_for_the_eighth_time_bounces() -> None:
    last = mailing(attempt=8, deferrals=MOST_DEFERRALS - 1)
    last.when(answer(Deferred(reason="451"), attempt=8)).then(*refused(8, "451"))


def test_a_carrier_that_is_away_never_makes_a_letter_bounce() -> None:
    outcome = mailing(attempt=50, deferrals=7).when(answer(Away(reason="x"), attempt=50))
    (off,) = outcome.only(LetterPutOff)
    assert off.fate.deferrals == 7
    assert off.fate.again == NOON + timedelta(minutes=15)


def test_a_crowd_at_our_own_connections_does_not_make_the_pauses_longer() -> None:
    (off,) = mailing(attempt=50, deferrals=7).when(answer(Crowded(), attempt=50)).only(LetterPutOff)
    assert (off.fate.deferrals, off.fate.reason) == (7, "no-connection-free")
    assert off.fate.again == NOON + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (10_000, 900)]
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempt: int, seconds: int) -> None:
    assert pause(attempt) == timedelta(seconds=seconds)


def test_a_letter_put_off_is_mailed_again_when_its_time_has_come() -> None:
    off = known(LetterWritten(letter=paid()), posted(), put_off(NOON))
    outcome = off.when(Due(at=NOON))
    outcome.then(posted(attempt=2, deferrals=1))
    assert [call.id for call in DECIDER.calls(outcome.state)] == [f"{id_of('m-1')}/2"]


def test_a_letter_whose_lease_ran_out_is_mailed_again_and_that_is_no_deferral() -> None:
    late = NOON + LEASE
    (again,) = mailing(deferrals=3).when(Due(at=late), now=late).only(LetterPosted)
    assert again.fate == Posted(attempt=2, deferrals=3, lease=late + LEASE)


def test_a_timer_leaves_letters_alone_whose_time_has_not_come() -> None:
    both = mailing().state
    two = Given(DECIDER, both).when(settled(), now=NOON + MINUTE / 2, id_="m-2").state
    (again,) = Given(DECIDER, two).when(Due(at=NOON + LEASE), NOON + LEASE).only(LetterPosted)
    assert again.letter == id_of("m-1")


def test_a_timer_moves_the_due_time_even_if_the_clock_was_set_back() -> None:
    at = NOON + LEASE
    outcome = mailing().when(Due(at=at), now=NOON - MINUTE)
    due = DECIDER.due(outcome.state)
    assert due is not None
    assert due > at


def test_deadlines_are_whole_milliseconds_as_the_store_keeps_them() -> None:
    odd = datetime(2026, 3, 10, 4, 0, 0, 123_456, tzinfo=UTC)
    due = DECIDER.due(known().when(settled(), now=odd).state)
    assert due is not None
    assert due.microsecond == 123_000


@pytest.mark.parametrize("said", [Accepted(), NoAddress(), Refused(reason="550"), Away(reason="x")])
def test_an_answer_about_a_delivered_letter_changes_nothing(said: Answer) -> None:
    over = known(LetterWritten(letter=paid()), *handed_over("paid", Medium.EMAIL))
    over.when(answer(said)).then_nothing()


def test_an_answer_about_a_bounced_letter_changes_nothing() -> None:
    over = known(LetterWritten(letter=paid()), *refused(1, "550"))
    over.when(answer(Accepted())).then_nothing()


def test_an_older_attempt_that_was_accepted_after_all_counts() -> None:
    outcome = mailing(attempt=2).when(answer(Accepted(), attempt=1))
    outcome.then(*handed_over("paid", Medium.EMAIL, attempts=2))


@pytest.mark.parametrize(
    "said", [NoAddress(), Refused(reason="550"), Deferred(reason="451"), Away(reason="x")]
)
def test_an_older_attempt_that_was_not_accepted_is_overtaken(said: Answer) -> None:
    mailing(attempt=2).when(answer(said, attempt=1)).then_nothing()


def test_an_answer_about_an_unknown_letter_is_a_clear_error() -> None:
    with pytest.raises(LookupError, match="was ever written"):
        known().when(answer(Accepted()))


# ---- the state ------------------------------------------------------------------------------


def test_a_public_fact_leaves_the_state_as_it_is() -> None:
    before = mailing().state
    _, said = handed_over("paid", Medium.EMAIL)
    assert DECIDER.evolve(before, said) == before


def test_the_state_survives_the_store() -> None:
    facts = [approved(), denied(), referred(), requested(), settled(), closed()]
    state = known().state
    for number, fact in enumerate(facts):
        state = Given(DECIDER, state).when(fact, id_=f"m-{number}").state
    state = Given(DECIDER, state).when(WithdrawalRefused(reason=WHY), id_="m-w").state
    stored = CORRESPONDENCE.dump_python(state, mode="json")
    assert CORRESPONDENCE.validate_python(stored) == state


def test_nothing_in_clear_about_the_person_is_stored() -> None:
    stored = CORRESPONDENCE.dump_json(mailing().state).decode()
    assert "sealed" in stored
    assert "@" not in stored
