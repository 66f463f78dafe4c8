"""What hypothesis draws the steps of an attack from."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from shared.contracts import intake
from shared.contracts.base import KindOfLoss
from shared.contracts.intake import Circumstances
from tests.faults.deciders.door import Dies
from tests.faults.deciders.outside import BankFate
from tests.faults.deciders.stories import CUSTOMER, STRANGER, Brings, Stance, Story, Verdict

WHICH = st.integers(0, 31)
"""One of what there is, by its number, round and round."""
MOST = st.integers(1, 8)
KEY = st.sampled_from(("a", "b"))
DIES = st.sampled_from((Dies.NEVER,) * 4 + tuple(Dies))
WAITS = st.sampled_from(
    (
        timedelta(seconds=3),
        timedelta(seconds=50),
        timedelta(minutes=2),
        timedelta(hours=1),
        timedelta(days=20),
    )
)
APPROVALS = st.sampled_from((Verdict.APPROVE,) * 3 + tuple(Verdict))
NO_ANSWER = st.sampled_from(
    (
        BankFate.LOST_BEFORE,
        BankFate.LOST_AFTER,
        BankFate.HELD_UP,
        BankFate.SLOW,
        BankFate.CALLER_DIED_BEFORE,
        BankFate.CALLER_DIED_AFTER,
    )
)

AMOUNTS = (1, 9_999, 10_001, 50_000, 50_001, 290_000, 300_001, 500_000, 500_001, 4_000_000)
LARGE = (5_000_000, 20_000_001, 50_000_001, 100_000_001, 10**12)
"""Fen, around every deductible, fast lane and limit of the products."""

SMALL = st.builds(
    Story,
    kind=st.sampled_from((KindOfLoss.MOTOR, KindOfLoss.HEALTH)),
    stance=st.just(Stance.IN_FORCE),
    minor=st.sampled_from((60_000, 290_000)),
    brings=st.sampled_from(Brings),
    circumstances=st.just(Circumstances()),
    channel=st.just(intake.Channel.APP),
    days_ago=st.just(1),
    contact=st.sampled_from(("sealed-contact", None)),
    customer=st.just(CUSTOMER),
    currency=st.just("CNY"),
)
"""Losses for the fast lane: decided without a person as soon as they are whole."""

ANY = st.builds(
    Story,
    kind=st.sampled_from(KindOfLoss),
    stance=st.sampled_from((Stance.IN_FORCE,) * 4 + tuple(Stance)),
    minor=st.sampled_from(AMOUNTS + LARGE),
    brings=st.sampled_from((Brings.EVERYTHING,) * 4 + tuple(Brings)),
    circumstances=st.sampled_from(
        (
            *(Circumstances(),) * 3,
            Circumstances(third_party=True, police_report=True),
            Circumstances(third_party=True, injury=True),
            Circumstances(hospital_days=4),
        )
    ),
    channel=st.sampled_from((intake.Channel.APP, intake.Channel.PARTNER)),
    days_ago=st.sampled_from((0, 1, 9, 70, 700)),
    contact=st.sampled_from(("sealed-contact", None)),
    customer=st.sampled_from((CUSTOMER, CUSTOMER, STRANGER)),
    currency=st.sampled_from(("CNY",) * 7 + ("USD",)),
)
"""Losses of every sort, many of which a person must look at, or nobody pays for."""
