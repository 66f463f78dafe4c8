"""Believable claims from a seed number, with the policies they need.

Same seed, same month: same policies, claims and idempotency keys, to the last byte, so handing
them in again creates nothing new. All dates are counted back from the first day of the month of
`today`, and that month stands in every key and policy number: a sample handed in next month is a
new one, with losses that are again near now. Claim 7 of a seed is the same in a sample of ten and
of ten thousand.

What a hundred claims are made of is written down in `sample.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import model_validator

from claimpath.lines import ClaimLine, Contact, Payee, PolicyLine, Strict, Wish, Withdrawal
from claimpath.stand_ins import document
from shared.contracts.base import KindOfLoss, Language
from shared.contracts.intake import Channel, Circumstances, DocumentRef
from shared.money import Money

FILE = Path(__file__).with_name("sample.yaml")
ZONE = ZoneInfo("Asia/Shanghai")
"""Where the sample's losses happen."""
BLOCK = 100
TERM = timedelta(days=364)
"""From a policy's first day to its last."""

Range = tuple[int, int]
Circumstance = Literal["injury", "third_party", "police_report"]
Checklists = Mapping[str, Sequence[Mapping[str, Any]]]
"""The checklist items of each kind, as `GET /intake/checklists/{kind}` lists them."""


class Case(Strict):
    """One sort of claim and how many of a hundred are of it."""

    case: str
    count: int
    kind: KindOfLoss
    yuan: Range
    days_insured: Range
    circumstances: frozenset[Circumstance] = frozenset()
    hospital_days: Range = (0, 0)
    channel: Channel | None = None
    withdraw: Withdrawal | None = None


class Proportions(Strict):
    """The whole of `sample.yaml`. The counts of each deck come to a hundred."""

    cases: tuple[Case, ...]
    documents: dict[str, int]
    channels: dict[Channel, int]
    languages: dict[Language, int]
    email: dict[str, int]
    accounts: dict[str, int]
    days_ago: Range
    families: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, str], ...]

    @model_validator(mode="after")
    def _hundreds(self) -> Proportions:
        for name in ("documents", "channels", "languages", "email", "accounts"):
            if sum(getattr(self, name).values()) != BLOCK:
                raise ValueError(f"{name} do not come to {BLOCK}")
        if sum(case.count for case in self.cases) != BLOCK:
            raise ValueError(f"cases do not come to {BLOCK}")
        return self


@cache
def proportions() -> Proportions:
    """What a hundred claims are made of. Raises `pydantic.ValidationError` for a wrong file."""
    return Proportions.model_validate(yaml.safe_load(FILE.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Sample:
    """A seed, the month it is for, and what documents the network wants.

    With `every_upload` no document comes by reference; the claims then have keys of their own,
    because a key stands for one content.
    """

    seed: int
    today: date
    checklists: Checklists
    every_upload: bool = False

    def claims(self, count: int) -> Iterator[Wish]:
        """The first `count` claims of the sample."""
        for first in range(0, count, BLOCK):
            for number, drawn in enumerate(self._block(first // BLOCK), start=first):
                if number < count:
                    yield self._wish(number, drawn)

    def _block(self, block: int) -> list[Drawn]:
        known = proportions()
        return [
            Drawn(*each)
            for each in zip(
                self._deck(block, "case", {case: case.count for case in known.cases}),
                self._deck(block, "documents", known.documents),
                self._deck(block, "channel", known.channels),
                self._deck(block, "language", known.languages),
                self._deck(block, "email", known.email),
                self._deck(block, "account", known.accounts),
                strict=True,
            )
        ]

    def _deck(self, block: int, name: str, counts: Mapping[Any, int]) -> list[Any]:
        deck = [card for card, count in counts.items() for _ in range(count)]
        Random(f"{self.seed}/{name}/{block}").shuffle(deck)
        return deck

    def _wish(self, number: int, drawn: Drawn) -> Wish:
        chance = Random(f"{self.seed}/{number}")
        person = _person(chance, number, drawn)
        loss_at = _loss_at(chance, self._month, drawn.case.kind)
        policy = self._policy(chance, number, drawn.case, loss_at.date())
        claim = self._claim(chance, number, drawn, policy, loss_at)
        by_upload = self.every_upload or drawn.documents != "references"
        named = {"contact": person.contact, "documents": () if by_upload else self._held(claim)}
        if by_upload and drawn.documents == "upload-and-payee":
            return Wish(claim.model_copy(update=named), payee_later=person.payee)
        return Wish(claim.model_copy(update=named | {"payee": person.payee}))

    def _claim(
        self, chance: Random, number: int, drawn: Drawn, policy: PolicyLine, loss_at: datetime
    ) -> ClaimLine:
        case = drawn.case
        uploads = "-uploads" if self.every_upload else ""
        return ClaimLine(
            key=f"sample{uploads}-{self._name(number)}",
            kind=case.kind,
            policy_number=policy.policy_number,
            customer=policy.customer,
            loss_at=loss_at,
            claimed=_amount(chance, case.yuan),
            channel=case.channel or drawn.channel,
            language=drawn.language,
            circumstances=Circumstances(
                **dict.fromkeys(case.circumstances, True),
                hospital_days=chance.randint(*case.hospital_days),
            ),
            policy=policy,
            withdraw=case.withdraw,
        )

    def _policy(self, chance: Random, number: int, case: Case, loss: date) -> PolicyLine:
        starts = loss - timedelta(days=chance.randint(*case.days_insured))
        return PolicyLine(
            policy_number=f"{case.kind[:3].upper()}-{self._name(number)}",
            product=case.kind,
            customer=f"CUS-{self._name(number)}",
            starts=starts,
            ends=starts + TERM,
        )

    def _held(self, claim: ClaimLine) -> tuple[DocumentRef, ...]:
        """All documents that the claim wants, except where it is withdrawn while they lack."""
        if claim.withdraw is Withdrawal.BEFORE_DOCUMENTS:
            return ()
        return tuple(
            DocumentRef(item=item["code"], sha256=document(claim.key, item["code"]).sha256)
            for item in self.checklists[claim.kind]
            if not item.get("when") or getattr(claim.circumstances, item["when"])
        )

    def _name(self, number: int) -> str:
        return f"{self.seed}-{self._month:%Y%m}-{number:06d}"

    @property
    def _month(self) -> date:
        return self.today.replace(day=1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The cards one claim was dealt."""

    case: Case
    documents: str
    channel: Channel
    language: Language
    email: str
    account: str


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who does not exist."""

    contact: Contact
    payee: Payee


def _person(chance: Random, number: int, drawn: Drawn) -> Person:
    known = proportions()
    family, given = chance.choice(known.families), chance.choice(known.given)
    latin = f"{given[1]} {family[1]}"
    name = family[0] + given[0] if drawn.language is Language.CHINESE else latin
    address = f"{latin.lower().replace(' ', '.')}.{number}@example.com"
    contact = Contact(
        name=name,
        phone=f"199{chance.randrange(10**8):08d}",
        email=address if drawn.email == "yes" else None,
    )
    account = f"6222{chance.randrange(10**11):011d}{drawn.account}"
    return Person(contact, Payee(account=account, name=name))


def _loss_at(chance: Random, month: date, kind: KindOfLoss) -> datetime:
    """In local time, at the hours when such losses happen."""
    day = month - timedelta(days=chance.randint(*proportions().days_ago))
    first, last = (0, 23) if kind is KindOfLoss.HOME else (7, 21)
    hour, minute = chance.randint(first, last), chance.randrange(60)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def _amount(chance: Random, yuan: Range) -> Money:
    """People round: every second amount is whole yuan."""
    low, high = yuan
    exact = chance.triangular(low * 100, high * 100, low * 75 + high * 25)
    return Money(minor=int(round(exact, -2 if chance.random() < 0.5 else 0)))
