"""Motor claims from a CSV file with the columns of `insurance_claims.csv`.

A data set of a thousand motor claims from the United States that is widely used for teaching.
Which column feeds what is written down in `docs/csv-mapping.md`. The amounts are dollars there
and are taken as yuan one to one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from claimpath.lines import ClaimLine, Override, PolicyLine, Unreadable, Wish
from deploy.local.trouble import Trouble
from shared.contracts.base import KindOfLoss, Language
from shared.contracts.intake import Circumstances
from shared.money import MOST_MINOR, Money

COLUMNS = (
    "policy_number",
    "policy_bind_date",
    "policy_csl",
    "policy_deductable",
    "incident_date",
    "incident_hour_of_the_day",
    "incident_type",
    "bodily_injuries",
    "police_report_available",
    "total_claim_amount",
)
ZONE = ZoneInfo("Asia/Shanghai")
"""The insurer's: so that the day of the loss stays the day that the file states."""
SEVERAL_VEHICLES = "Multi-vehicle Collision"
UNKNOWN = "?"

Row = Mapping[str, str | None]


class Unmappable(Exception):
    """A cell that cannot be used. The message names the column."""


def read_csv(lines: Iterable[str]) -> Iterator[Wish | Unreadable]:
    """A wish, or the reason why not, for every row. Raises `Trouble` where columns lack.

    Lines count from 1, and the first is the heading.
    """
    rows = csv.DictReader(lines)
    if lacking := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise Trouble(f"The CSV file lacks the columns {', '.join(lacking)}.")
    for row in rows:
        try:
            yield Wish(claim(row))
        except Unmappable as reason:
            yield Unreadable(rows.line_num, str(reason))


def claim(row: Row) -> ClaimLine:
    """The claim that a row tells of, with its policy. Raises `Unmappable`."""
    number, day = _text(row, "policy_number"), _day(row, "incident_date")
    hour = _whole(row, "incident_hour_of_the_day", 23)
    return ClaimLine(
        key=f"csv-{number}-{day.isoformat()}T{hour:02d}",
        kind=KindOfLoss.MOTOR,
        policy_number=_policy_number(number),
        customer=_customer(number),
        loss_at=datetime(day.year, day.month, day.day, hour, tzinfo=ZONE),
        claimed=_claimed(row),
        language=Language.ENGLISH,
        circumstances=Circumstances(
            injury=_whole(row, "bodily_injuries") > 0,
            third_party=_text(row, "incident_type") == SEVERAL_VEHICLES,
            police_report=_said_yes(row, "police_report_available"),
        ),
        policy=policy(row, number, day),
    )


def policy(row: Row, number: str, loss: date) -> PolicyLine:
    """The policy year in which the loss fell; a policy bound after the loss covers it not."""
    bound = _day(row, "policy_bind_date")
    starts = last_anniversary(bound, loss)
    return PolicyLine(
        policy_number=_policy_number(number),
        product="motor",
        customer=_customer(number),
        starts=starts,
        ends=_anniversary(bound, starts.year + 1) - timedelta(days=1),
        coverages=(
            Override(coverage="own-damage", deductible=_money(row, "policy_deductable")),
            Override(coverage="third-party", limit=_limit(row)),
        ),
    )


def last_anniversary(bound: date, loss: date) -> date:
    """The start of the policy year that the loss fell into, or the first start after the loss."""
    this_year = _anniversary(bound, loss.year)
    last = this_year if this_year <= loss else _anniversary(bound, loss.year - 1)
    return max(bound, last)


def _anniversary(bound: date, year: int) -> date:
    """A policy bound on 29 February begins on 28 February in other years."""
    try:
        return bound.replace(year=year)
    except ValueError:
        return bound.replace(year=year, day=28)


def _limit(row: Row) -> Money:
    """`policy_csl` is "per person/per accident" in thousands; the accident's is the limit."""
    text = _text(row, "policy_csl")
    _, _, accident = text.partition("/")
    if not accident.isdecimal() or int(accident) == 0:
        raise Unmappable(f"policy_csl: {text!r} is not two limits in thousands")
    return Money(minor=int(accident) * 1_000 * 100)


def _claimed(row: Row) -> Money:
    amount = _money(row, "total_claim_amount")
    if not amount:
        raise Unmappable("total_claim_amount: nothing is claimed")
    return amount


def _money(row: Row, column: str) -> Money:
    text = _text(row, column)
    try:
        minor = Decimal(text) * 100
    except InvalidOperation:
        raise Unmappable(f"{column}: {text!r} is not an amount") from None
    if not minor.is_finite() or not 0 <= minor <= MOST_MINOR or minor != int(minor):
        raise Unmappable(f"{column}: {text!r} is not an amount in whole cents")
    return Money(minor=int(minor))


def _day(row: Row, column: str) -> date:
    text = _text(row, column)
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()
    except ValueError:
        raise Unmappable(f"{column}: {text!r} is not a date as month/day/year") from None


def _whole(row: Row, column: str, most: int = 1_000) -> int:
    text = _text(row, column)
    if not text.isdecimal() or int(text) > most:
        raise Unmappable(f"{column}: {text!r} is not a whole number from 0 to {most}")
    return int(text)


def _said_yes(row: Row, column: str) -> bool:
    """Whether the cell says YES; unknown counts as no."""
    text = _text(row, column).upper()
    if text not in ("YES", "NO", UNKNOWN):
        raise Unmappable(f"{column}: {text!r} is not YES, NO or {UNKNOWN}")
    return text == "YES"


def _text(row: Row, column: str) -> str:
    cell: Any = row.get(column)
    if not cell or not cell.strip():
        raise Unmappable(f"{column}: is empty")
    return str(cell).strip()


def _policy_number(number: str) -> str:
    return f"CSV-{number}"


def _customer(number: str) -> str:
    return f"CSV-CUS-{number}"
