"""Numbers, handlers and dates of complaints, and the data files they come from."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from services.feedback.office import Office, Period, read_office
from services.feedback.rules import answer_by, complaint_number, handler_of, period_on
from shared.contracts.feedback import ComplaintClass

OFFICE = read_office("Asia/Shanghai")


def period(since: date, days: int) -> Period:
    return Period.model_validate({"from": since, "days": days, "source": "a test"})


def test_the_same_message_has_the_same_number() -> None:
    assert complaint_number("http:1") == complaint_number("http:1")
    assert len({complaint_number(f"http:{n}") for n in range(10_000)}) == 10_000


def test_a_number_can_be_read_out_on_the_telephone() -> None:
    number = complaint_number("http:1")
    assert number.startswith("CMP-")
    assert len(number) == 16
    assert not set(number) & set("0189abcdefghijklmnopqrstuvwxyz")


def test_a_complaint_keeps_its_handler_and_all_handlers_have_some() -> None:
    staff = OFFICE.handlers[ComplaintClass.SERVICE]
    drawn = [handler_of(f"CMP-{n}", ComplaintClass.SERVICE, OFFICE) for n in range(1000)]
    assert drawn == [handler_of(f"CMP-{n}", ComplaintClass.SERVICE, OFFICE) for n in range(1000)]
    counted = Counter(drawn)
    assert set(counted) == set(staff)
    assert min(counted.values()) > 1000 / len(staff) / 2


@pytest.mark.parametrize("complaint_class", list(ComplaintClass))
def test_every_class_has_a_handler(complaint_class: ComplaintClass) -> None:
    assert handler_of("CMP-1", complaint_class, OFFICE) in OFFICE.handlers[complaint_class]


@pytest.mark.parametrize(
    ("received", "promised"),
    [
        # noon in Shanghai on 10 March: until the end of 25 March there
        (datetime(2026, 3, 10, 4, tzinfo=UTC), datetime(2026, 3, 25, 15, 59, 59, tzinfo=UTC)),
        # one second before midnight there, and midnight: the next day counts as received
        (
            datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC),
            datetime(2026, 3, 25, 15, 59, 59, tzinfo=UTC),
        ),
        (datetime(2026, 3, 10, 16, tzinfo=UTC), datetime(2026, 3, 26, 15, 59, 59, tzinfo=UTC)),
        # over the end of February
        (datetime(2028, 2, 20, 4, tzinfo=UTC), datetime(2028, 3, 6, 15, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_answer_is_promised_for_the_end_of_the_fifteenth_day(
    received: datetime, promised: datetime
) -> None:
    assert answer_by(received, OFFICE) == promised


def test_summer_time_does_not_shorten_the_last_day() -> None:
    berlin = OFFICE.model_copy(update={"time_zone": "Europe/Berlin"})
    received = datetime(2026, 3, 20, 12, tzinfo=UTC)
    assert answer_by(received, berlin) == datetime(2026, 4, 4, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "days"),
    [
        (date(2019, 1, 1), 20),
        (date(2020, 3, 1), 20),
        (date(2026, 6, 30), 20),
        (date(2026, 7, 1), 10),
    ],
)
def test_the_newest_period_in_force_counts(day: date, days: int) -> None:
    periods = [period(date(2026, 7, 1), 10), period(date(2020, 3, 1), 20)]
    assert period_on(day, periods).days == days


def test_the_law_gives_fifteen_days() -> None:
    assert period_on(date(2026, 3, 10), OFFICE.answer).days == 15


def test_an_office_without_periods_or_with_nobody_in_it_is_refused() -> None:
    with pytest.raises(ValidationError):
        Office(handlers={}, answer=[], time_zone="Asia/Shanghai")
    with pytest.raises(ValidationError):
        Office(
            handlers={ComplaintClass.STAFF: []},
            answer=[period(date(2020, 3, 1), 15)],
            time_zone="Asia/Shanghai",
        )
