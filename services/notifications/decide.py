"""What is written to the customer, how it is sent, and when that is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.notifications.content import (
    Approved,
    Closed,
    Content,
    Denied,
    DocumentsAsked,
    Paid,
    Referred,
    Reported,
    WithdrawalDeclined,
    Withdrawn,
)
from services.notifications.rules import (
    DECISION,
    MACHINE,
    PAYMENT,
    happened,
)
from services.notifications.sending import again, concluded, deadline, delivered, send
from services.notifications.state import (
    CORRESPONDENCE,
    Accepted,
    Answered,
    ClaimFile,
    ContactLearned,
    Fate,
    Letter,
    LetterBounced,
    LetterDelivered,
    LetterPosted,
    LetterPutOff,
    LetterWritten,
    Medium,
    Posted,
    PutOff,
    Reached,
    SendCall,
    Unreached,
)
from shared.contracts.base import Fact
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    ClaimReferred,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.contracts.event import derived
from shared.contracts.intake import ClaimReported, ClaimWithdrawn, DocumentsRequested
from shared.contracts.payments import PaymentSettled
from shared.decider import Decider, Due, Message

State = Unreached | Reached

HEARD: Sequence[type[Fact]] = (
    ClaimReported,
    DocumentsRequested,
    ClaimWithdrawn,
    ClaimReferred,
    ClaimApproved,
    ClaimDenied,
    WithdrawalAccepted,
    WithdrawalRefused,
    PaymentSettled,
    ClaimClosed,
)
"""All that a customer must be told."""


def decide(message: Message, state: State) -> Sequence[Fact]:
    """Routes a message to the function named after it."""
    match message.body:
        case ClaimReported() as fact:
            return claim_reported(fact, message, state)
        case DocumentsRequested() as fact:
            return tell(documents_requested(fact), message, state)
        case ClaimReferred() as fact:
            return tell(claim_referred(fact), message, state)
        case ClaimApproved() as fact:
            return tell(claim_approved(fact, happened(message)), message, state)
        case ClaimDenied() as fact:
            return tell(claim_denied(fact), message, state)
        case PaymentSettled() as fact:
            return tell(payment_settled(fact), message, state)
        case ClaimClosed() as fact:
            return tell(claim_closed(fact), message, state)
        case ClaimWithdrawn() | WithdrawalAccepted():
            return tell(Withdrawn(), message, state)
        case WithdrawalRefused() as fact:
            return tell(withdrawal_refused(fact), message, state)
        case Due() as due:
            return due_came(due, message, state)
        case Answered() as outcome:
            return answered(outcome, message, state)
        case other:
            raise TypeError(f"notifications does not hear {type(other).__name__}")


# -- what each fact means to the customer


def claim_reported(fact: ClaimReported, message: Message, state: State) -> list[Fact]:
    """Now it is known whom to write to: this letter goes out, and all that waited for it."""
    if isinstance(state, Reached):
        return []
    file = _file(fact, message)
    first = _letter(Reported(decide_by=fact.reported_at + DECISION), message)
    letters = (first, *state.letters)
    sent = [f for letter in letters for f in send(letter, file, message.now)]
    return [ContactLearned(file=file), LetterWritten(letter=first), *sent]


def documents_requested(fact: DocumentsRequested) -> DocumentsAsked:
    """One complete list, told once (Insurance Law Art. 22)."""
    return DocumentsAsked(items=fact.items)


def claim_referred(fact: ClaimReferred) -> Referred:
    """Who looks at it, and by when there is an answer; never just "in process"."""
    return Referred(
        track=fact.track, owner=fact.owner, decide_by=fact.decide_by, reasons=fact.reasons
    )


def claim_approved(fact: ClaimApproved, at: datetime) -> Approved:
    """The amount with its calculation, and the last day of payment (Insurance Law Art. 23)."""
    return Approved(
        amount=fact.amount,
        in_full=fact.in_full,
        lines=fact.lines,
        reasons=fact.reasons,
        automatic=fact.decided_by == MACHINE,
        pay_by=at + PAYMENT,
    )


def claim_denied(fact: ClaimDenied) -> Denied:
    """The refusal with its reasons (Insurance Law Art. 24)."""
    return Denied(reasons=fact.reasons, automatic=fact.decided_by == MACHINE)


def payment_settled(fact: PaymentSettled) -> Paid:
    """The money is with the payee."""
    return Paid(amount=fact.amount, reference=fact.transfer_id)


def claim_closed(fact: ClaimClosed) -> Closed:
    """The closing letter (结案反馈)."""
    return Closed(outcome=fact.outcome, paid=fact.paid)


def withdrawal_refused(fact: WithdrawalRefused) -> WithdrawalDeclined:
    """Why the claim could not be taken back any more."""
    return WithdrawalDeclined(reason=fact.reason)


def tell(content: Content, message: Message, state: State) -> list[Fact]:
    """A letter, sent at once if it is known to whom. The same cause never makes two."""
    letter = _letter(content, message)
    if any(letter.id == earlier.id for earlier in state.letters):
        return []
    sent = send(letter, state.file, message.now) if isinstance(state, Reached) else []
    return [LetterWritten(letter=letter), *sent]


# -- sending, and what comes of it


def due_came(due: Due, message: Message, state: State) -> list[Fact]:
    """Mails again what was put off long enough, and what nobody answered for within its lease."""
    now = max(due.at, message.now)
    return [fact for letter in state.letters for fact in again(letter, now)]


def answered(outcome: Answered, message: Message, state: State) -> list[Fact]:
    """The outcome of mailing a letter; of an older attempt only that it was accepted matters."""
    letter = _find(outcome.letter, state)
    match letter.fate:
        case Posted() as posted if posted.attempt == outcome.attempt:
            return concluded(letter, posted, outcome, message.now)
        case Posted() | PutOff() if isinstance(outcome.answer, Accepted):
            return delivered(letter, Medium.EMAIL, letter.fate.attempt, message.now)
        case _:
            return []


def _letter(content: Content, message: Message) -> Letter:
    id_ = derived(message.subject, message.id, "letter")
    return Letter(id=id_, cause=message.id, at=happened(message), content=content)


def _file(fact: ClaimReported, message: Message) -> ClaimFile:
    return ClaimFile(
        claim=message.subject,
        customer=fact.customer,
        language=fact.language,
        contact=fact.contact,
        policy_number=fact.policy_number,
        kind=fact.kind,
        loss_at=fact.loss_at,
        claimed=fact.claimed,
    )


def _find(id_: str, state: State) -> Letter:
    found = next((letter for letter in state.letters if letter.id == id_), None)
    if found is None:
        raise LookupError(f"no letter {id_} was ever written for this claim")
    return found


# -- the state


def evolve(state: State, fact: Fact) -> State:
    """Copies a fact into the state."""
    match fact:
        case ContactLearned(file=file):
            return Reached(file=file, letters=state.letters)
        case LetterWritten(letter=letter):
            return state.model_copy(update={"letters": (*state.letters, letter)})
        case LetterPosted() | LetterPutOff() | LetterDelivered() | LetterBounced():
            return _with_fate(state, fact.letter, fact.fate)
        case _:
            return state


def _with_fate(state: State, id_: str, fate: Fate) -> State:
    letters = tuple(
        letter.model_copy(update={"fate": fate}) if letter.id == id_ else letter
        for letter in state.letters
    )
    return state.model_copy(update={"letters": letters})


def due(state: State) -> datetime | None:
    """The earliest end of a lease or of a pause."""
    return min((at for letter in state.letters if (at := deadline(letter))), default=None)


def calls(state: State) -> Sequence[SendCall]:
    """One for every letter that is being mailed."""
    if isinstance(state, Unreached):
        return ()
    return [
        SendCall(
            id=f"{letter.id}/{letter.fate.attempt}",
            cause=letter.cause,
            file=state.file,
            letter=letter,
            attempt=letter.fate.attempt,
        )
        for letter in state.letters
        if isinstance(letter.fate, Posted)
    ]


DECIDER: Decider[State] = Decider(
    kind="correspondence",
    state=CORRESPONDENCE,
    initial=Unreached(),
    decide=decide,
    evolve=evolve,
    due=due,
    calls=calls,
    outcome=Answered,
)
