"""Promised dates: working days of the insurer's country, ending at the insurer's midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import holidays

IsWorkingDay = Callable[[date], bool]


def working_days_of(country: str) -> IsWorkingDay:
    """Tells working days there, by public holidays and by weekends worked in their stead."""
    calendar = holidays.country_holidays(country)

    def is_working_day(day: date) -> bool:
        return bool(calendar.is_working_day(day))

    return is_working_day


def promised(now: datetime, days: int, is_working_day: IsWorkingDay, zone: tzinfo) -> datetime:
    """The end, in UTC, of the `days`-th working day after today.

    Today is the day in `zone`; a day ends at the midnight that follows it there.
    """
    day = now.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= int(is_working_day(day))
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
