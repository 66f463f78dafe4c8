"""One experiment: load, harm, quiet, audit, and one line about it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random, SystemRandom

from tests.faults.network.audit import audited, summed_up
from tests.faults.network.clerk import Clerk
from tests.faults.network.evidence import Evidence
from tests.faults.network.ground import Ground
from tests.faults.network.load import Load
from tests.faults.network.quiet import quiet

SEED = int(os.environ.get("CLAIMPATH_SEED") or SystemRandom().randrange(10**6))
"""Decides every choice and every moment of the harm; printed, and repeated when it is given."""
RATE = float(os.environ.get("CLAIMPATH_RATE") or 20)
"""Claims a second, unless an experiment says otherwise."""
PATIENCE_S = 240.0
"""Longest wait for quiet."""

Harm = Callable[[Ground, Random], Awaitable[int]]
"""Does the harm, with all chance from the one given; returns how many times."""

LINES: list[str] = []
"""What was told of each experiment, for the end of the run."""


@dataclass(frozen=True)
class Outcome:
    """What one experiment came to.

    `quiet_s` counts from the last harm or the last claim handed in, whichever was later.
    """

    harm: str
    claims: int
    times: int
    duplicates: int
    mailed_again: int
    quiet_s: float
    silence_s: float
    evidence: Evidence = field(repr=False)

    def __str__(self) -> str:
        return (
            f"{self.harm}: seed {SEED}, {self.claims} claims, harm done {self.times} times, "
            f"{self.duplicates} duplicates on the wire, {self.mailed_again} letters mailed again, "
            f"quiet after {self.quiet_s:.1f} s, longest silence of intake {self.silence_s:.1f} s"
        )


async def conduct(
    ground: Ground,
    name: str,
    harm: Harm,
    seconds: float,
    rate: float = RATE,
    longest: float = 0.0,
) -> Outcome:
    """Has claims handed in, and some decided by a person, while harm is done; then audits.

    There is load for so many seconds, and then until the harm is over, up to `longest` seconds.
    Fails with all findings, each with its claim.
    """
    chance = Random(f"{SEED}/{name}")
    load = Load(ground.http, chance.randrange(10**6), rate)
    await load.prepare(seconds, longest)
    before, mailed = await _repeated(ground)
    clerk = Clerk(ground.http, chance)
    # Whatever fails, the load ends in good order: the next experiment shares this network.
    times, *others = await asyncio.gather(
        _done(harm(ground, chance), load),
        _handed_in(ground, load, clerk),
        clerk.work(),
        return_exceptions=True,
    )
    ground.decided |= clerk.decided
    for failure in (times, *others):
        if isinstance(failure, BaseException):
            raise failure
    await quiet(ground.wire, ground.stores, PATIENCE_S)
    waited = time.monotonic() - max(ground.harmed_at, load.handed_at)
    evidence = await ground.evidence()
    outcome = Outcome(
        harm=name,
        claims=len(load.acknowledged),
        times=times,
        duplicates=evidence.duplicates - before,
        mailed_again=evidence.mailed_again - mailed,
        quiet_s=waited,
        silence_s=load.longest_silence_s,
        evidence=evidence,
    )
    _tell(str(outcome))
    judge(ground, evidence)
    return outcome


def judge(ground: Ground, evidence: Evidence) -> None:
    """Fails with whatever is not as it must be."""
    findings = audited(evidence)
    assert not findings, f"seed {SEED}: {summed_up(findings)}"
    mishaps = ground.mishaps + ground.crashes()
    assert not mishaps, f"seed {SEED}: {mishaps}"


async def _repeated(ground: Ground) -> tuple[int, int]:
    """Duplicates on the wire and letters mailed again, so far."""
    await ground.wire.read()
    mails = await ground.outside.mails()
    return ground.wire.duplicates, sum(mails.values()) - len(mails)


async def _done(harm: Awaitable[int], load: Load) -> int:
    try:
        return await harm
    finally:
        load.enough.set()


async def _handed_in(ground: Ground, load: Load, clerk: Clerk) -> None:
    try:
        await load.run()
    finally:
        ground.accepted |= load.acknowledged.keys()
        clerk.gone_home.set()


def _tell(line: str) -> None:
    LINES.append(line)
    print(line)


def moments(chance: Random, seconds: float, shortest: float, longest: float) -> list[float]:
    """Pauses between harms, each between `shortest` and `longest`, in all about `seconds`."""
    pauses: list[float] = []
    while sum(pauses) < seconds:
        pauses.append(chance.uniform(shortest, longest))
    return pauses


async def at(started: float, offset: float) -> None:
    """Sleeps until so many seconds after `started`: the harm's own clock, from its seed."""
    await asyncio.sleep(max(0.0, started + offset - time.monotonic()))
