"""Nothing is lost and nothing is paid twice, whatever people, the outside and bad luck do.

In `make test` the attack is short and always the same one. CLAIMPATH_STEPS=100000 makes at least
so many steps, from a seed that is printed; CLAIMPATH_SEED repeats it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.deciders.machine import Network, Tally
from tests.faults.deciders.planted import PLANTED

STEPS = int(os.environ.get("CLAIMPATH_STEPS", "0"))
PATIENT = (HealthCheck.too_slow,)
"""A loaded machine draws slowly. That says nothing about the rules."""
QUICK = settings(
    max_examples=60,
    stateful_step_count=60,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=PATIENT,
)
ROUND = settings(QUICK, derandomize=False, database=None, max_examples=50, stateful_step_count=100)
"""A round of a long attack: repeated alone by its seed."""
HUNT = settings(
    QUICK,
    max_examples=200,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
    print_blob=False,
)
"""For planted faults, to be found in 12,000 steps; nobody reads the smallest example."""

MUST_SEE = {
    *("closed", "denied", "withdrawn", "waiting", "reported"),
    *("payment-settled", "payment-failed", "payment-unconfirmed"),
    *("message-delivered", "message-bounced", "survey-answered", "complaint-answered"),
    *("withdrawal-accepted", "withdrawal-refused", "claim-withdrawn"),
}
"""An attack that never saw these has proved little."""


@pytest.mark.timeout(0 if STEPS else 900)
def test_nothing_is_lost_and_nothing_is_paid_twice_whatever_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    attacked = type("Attacked", (Network,), {"tally": Tally()})
    if not STEPS:
        run_state_machine_as_test(attacked, settings=QUICK)
    for number in _seeds(attacked.tally):
        run_state_machine_as_test(seed(number)(attacked), settings=ROUND)
        with capsys.disabled():
            print(f"\nseed {number}: {attacked.tally.steps:,} steps so far", end="")
    assert attacked.tally.seen.keys() >= MUST_SEE


def _seeds(tally: Tally) -> Iterator[int]:
    """One for each round, until enough steps were made."""
    first = int(os.environ.get("CLAIMPATH_SEED") or SystemRandom().randrange(10**9))
    while tally.steps < STEPS:
        yield first
        first += 1


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    planted = PLANTED[fault]
    network = type("Broken", (Network,), {"build": planted.build, "tally": Tally()})
    with pytest.raises(Exception, match=planted.finding):
        run_state_machine_as_test(network, settings=HUNT)
