"""Numbers, handlers and dates of complaints."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.feedback.office import Office, Period
from shared.contracts.feedback import ComplaintClass

LAST_SECOND = time(23, 59, 59)


def complaint_number(message_id: str) -> str:
    """The number of the complaint that this message takes: the same message, the same number."""
    digest = hashlib.sha256(message_id.encode()).digest()
    return f"CMP-{base64.b32encode(digest).decode()[:12]}"


def handler_of(number: str, complaint_class: ComplaintClass, office: Office) -> str:
    """Who answers it: spread evenly over the handlers of the class, by the number alone."""
    handlers = office.handlers[complaint_class]
    drawn = int.from_bytes(hashlib.sha256(number.encode()).digest()[:8], "big")
    return handlers[drawn % len(handlers)]


def answer_by(received: datetime, office: Office) -> datetime:
    """The last second of the last day for the answer, in the insurer's time zone.

    The day of receipt does not count (Civil Code Art. 201). The law would move an end on a
    holiday to the next working day (Art. 203); the promise to the customer does not.
    """
    zone = ZoneInfo(office.time_zone)
    day = received.astimezone(zone).date()
    last = day + timedelta(days=period_on(day, office.answer).days)
    return datetime.combine(last, LAST_SECOND, zone).astimezone(received.tzinfo)


def period_on(day: date, periods: Sequence[Period]) -> Period:
    """The newest period in force on that day; before all of them, the oldest."""
    oldest_first = sorted(periods, key=lambda period: period.since)
    in_force = [period for period in oldest_first if period.since <= day]
    return in_force[-1] if in_force else oldest_first[0]
