"""The texts: Jinja2, one file per template and language, its first line the subject.

A variable that a template names and a letter does not have raises `jinja2.UndefinedError`.
`Texts.check` renders everything once, so that a broken text stops the start and not a letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from services.notifications import samples
from services.notifications.state import ClaimFile, Letter
from shared.contracts.base import KindOfLoss, Language, Reason
from shared.contracts.claims import Line
from shared.contracts.intake import RequestedItem
from shared.money import Money

FOLDER = Path(__file__).parent / "templates"
NAMES: Sequence[str] = tuple(samples.SAMPLES)

KINDS: Mapping[KindOfLoss, Mapping[Language, str]] = MappingProxyType(
    {
        KindOfLoss.MOTOR: {Language.CHINESE: "车险", Language.ENGLISH: "motor"},
        KindOfLoss.HOME: {Language.CHINESE: "家财险", Language.ENGLISH: "home"},
        KindOfLoss.HEALTH: {Language.CHINESE: "医疗险", Language.ENGLISH: "health"},
        KindOfLoss.ACCIDENT: {Language.CHINESE: "意外险", Language.ENGLISH: "accident"},
        KindOfLoss.CRITICAL_ILLNESS: {
            Language.CHINESE: "重大疾病险",
            Language.ENGLISH: "critical illness",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered letter."""

    subject: str
    body: str


class Texts:
    """Renders letters in the name of one insurer, with its calendar days and its links."""

    def __init__(
        self, company: Mapping[Language, str], zone: ZoneInfo, gateway: str, folder: Path = FOLDER
    ) -> None:
        self.company = company
        self._zone = zone
        self._gateway = gateway.rstrip("/")
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"money": _money, "said": _said, "day": self._day}

    def render(self, file: ClaimFile, letter: Letter, name: str | None = None) -> Text:
        """The letter as its reader gets it. `name` is only known where the contact is opened."""
        content = letter.content
        template = self._environment.get_template(f"{content.template}.{file.language}.txt.j2")
        whole = template.render(self._frame(file, letter, name) | dict(content))
        subject, _, body = whole.partition("\n")
        return Text(subject.strip(), body.strip() + "\n")

    def preview(self, name: str, language: Language) -> Sequence[Text]:
        """The template with sample values, once for each way it can go. KeyError if unknown."""
        file = samples.file(language)
        return [self.render(file, letter) for letter in samples.SAMPLES[name]]

    def check(self) -> None:
        """Raises Jinja2's error for a text that is missing, broken, or names what is not there."""
        for name in NAMES:
            for language in Language:
                self.preview(name, language)

    def _frame(self, file: ClaimFile, letter: Letter, name: str | None) -> dict[str, Any]:
        return {
            "language": file.language,
            "company": self.company[file.language],
            "name": name,
            "claim": file.claim,
            "policy_number": file.policy_number,
            "kind": KINDS[file.kind][file.language],
            "loss_at": file.loss_at,
            "claimed": file.claimed,
            "written_at": letter.at,
            "gateway": self._gateway,
        }

    @pass_context
    def _day(self, context: Context, at: datetime) -> str:
        return _day(at.astimezone(self._zone), context["language"])


def _day(at: datetime, language: Language) -> str:
    if language is Language.CHINESE:
        return f"{at.year}年{at.month}月{at.day}日"
    return f"{at.day} {at:%B %Y}"


@pass_context
def _money(context: Context, money: Money) -> str:
    sign = "-" if money.minor < 0 else ""
    amount = f"{abs(Decimal(money.minor)) / 100:,.2f}"
    if context["language"] is Language.CHINESE and money.currency == "CNY":
        return f"{sign}¥{amount}"
    return f"{money.currency} {sign}{amount}"


@pass_context
def _said(context: Context, thing: Reason | Line | RequestedItem) -> str:
    """What a contract says in both languages, in the reader's, without its own full stop."""
    said = thing.zh if context["language"] is Language.CHINESE else thing.en
    return said.rstrip("。. ")
