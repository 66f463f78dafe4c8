"""Releasing and discarding: in order, on record, and raced, interrupted and repeated at will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared import releasing
from shared.errors import StoreDown
from shared.releasing import Busy, Releasing
from shared.store import Act, Filter, Parked, What
from shared.testing.parking import MemoryActs, MemoryParking
from tests.runtime.counter import NOON
from tests.runtime.test_listener import Ear, Hearing

ALL = Filter()


class Desk:
    """A listener over memory with what releases its messages, and a journal."""

    def __init__(self, *refuses: str) -> None:
        self.hearing = Hearing(*refuses)
        self.ear = Ear(self.hearing)
        self.parking: MemoryParking = self.ear.parking
        self.acts = MemoryActs()
        self.releasing = self.another()

    def another(self) -> Releasing:
        """Another process at the same store."""
        return Releasing(self.parking, self.acts, self.ear.listener.retry, lambda: NOON)

    async def parked(self, *ids: str, claim: str = "A") -> None:
        """Messages that came after one another, the first of which failed."""
        self.hearing.refuses |= {ids[0]}
        await self.ear.listener([self.ear.record(id_, claim) for id_ in ids])
        self.hearing.refuses -= {ids[0]}

    async def entry(self, id_: str) -> Parked:
        """One of them."""
        found = await self.parking.find(id_)
        assert found is not None
        return found

    async def act(self, what: What = What.RELEASE_ASKED) -> Act:
        """An act of one person."""
        return await self.releasing.begin(what, "Li Na", "the bug is gone", {})

    async def do(self, what: What, entry: Parked, act: Act) -> None:
        """Releases or discards."""
        if what is What.RELEASED:
            await self.releasing.release(entry, act)
        else:
            await self.releasing.discard(entry, act)

    def left(self) -> list[str]:
        """What is still parked."""
        return [entry.id for entry in self.parking.entries]

    def told(self) -> list[tuple[What, str]]:
        """What the journal says was done, to which message."""
        return [(act.what, act.message.id) for act in self.acts.written if act.message]


async def test_a_release_goes_in_order_and_stops_at_the_first_that_fails_again() -> None:
    desk = Desk()
    await desk.parked("m1", "m2", "m3", "m4")
    desk.hearing.refuses = {"m3"}
    came = await desk.releasing.release(await desk.entry("m4"), await desk.act())
    assert (came.done, dict(came.reasons)) == (2, {"UnknownSubject: A was never submitted": 1})
    assert desk.hearing.heard == ["m1", "m2"]
    assert desk.ear.waiting() == [("m3", "A", False), ("m4", "A", True)]
    desk.hearing.refuses.clear()
    came = await desk.releasing.release(await desk.entry("m3"), await desk.act())
    assert (came.done, dict(came.reasons)) == (2, {})
    assert desk.hearing.heard == ["m1", "m2", "m3", "m4"]
    assert desk.left() == []


async def test_a_release_goes_on_through_what_only_waited_and_stops_at_what_failed_itself() -> None:
    desk = Desk()
    await desk.parked("m1", "m2")
    await desk.ear.listener([desk.ear.junk(), desk.ear.record("m3")])
    await desk.releasing.release(await desk.entry("m1"), await desk.act())
    assert desk.hearing.heard == ["m1", "m2"]
    assert desk.ear.waiting() == [("claimpath.claims/0/3", "A", False), ("m3", "A", True)]


async def test_a_release_that_runs_out_of_time_says_that_the_message_waits_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    await desk.parked("m1", "m2")
    entry = await desk.entry("m2")
    with monkeypatch.context() as patched:
        patched.setattr(releasing, "REQUEST_S", -1.0)
        came = await desk.releasing.release(entry, await desk.act())
    assert (came.done, came.left, came.reasons.total()) == (0, 1, 0)
    assert (await desk.releasing.release(entry, await desk.act())).left == 0


async def test_what_names_no_claim_is_released_by_itself() -> None:
    desk = Desk()
    await desk.ear.listener([desk.ear.junk(None), desk.ear.junk(None)])
    first, second = desk.parking.entries
    came = await desk.releasing.release(second, await desk.act())
    assert (came.done, came.reasons.total()) == (0, 1)
    desk.parking.entries[1] = replace(desk.parking.entries[1], record=desk.ear.record("m1"))
    assert (await desk.releasing.release(second, await desk.act())).done == 1
    assert desk.left() == [first.id]


async def test_whoever_waits_behind_a_message_that_is_gone_is_freed_and_that_is_recorded() -> None:
    desk = Desk()
    await desk.ear.listener([desk.ear.junk(), desk.ear.record("m1"), desk.ear.junk("B")])
    assert await desk.releasing.free() == 0
    assert await desk.releasing.discard(desk.parking.entries[0], await desk.act())
    assert await desk.releasing.free() == 1
    assert desk.hearing.heard == ["m1"]
    assert [entry.subject for entry in desk.parking.entries] == ["B"]
    assert (What.RELEASED, "m1") in desk.told()
    assert desk.acts.written[-1].by == "claimpath"


async def test_every_act_says_who_and_why_before_anything_is_done() -> None:
    desk = Desk()
    await desk.parked("m1")
    desk.hearing.weather = [StoreDown("away")]
    with pytest.raises(StoreDown):
        await desk.releasing.release(await desk.entry("m1"), await desk.act())
    (asked,) = desk.acts.written
    assert (asked.what, asked.by, asked.why) == (What.RELEASE_ASKED, "Li Na", "the bug is gone")


async def test_weather_in_a_release_blames_nobody_and_leaves_the_message_free() -> None:
    desk = Desk()
    await desk.parked("m1")
    desk.hearing.weather = [StoreDown("away")]
    with pytest.raises(StoreDown):
        await desk.releasing.release(await desk.entry("m1"), await desk.act())
    assert desk.ear.waiting() == [("m1", "A", False)]
    assert (await desk.releasing.release(await desk.entry("m1"), await desk.act())).done == 1


async def test_a_failed_release_is_on_record_with_what_it_met() -> None:
    desk = Desk("m1")
    await desk.ear.listener([desk.ear.record("m1")])
    await desk.releasing.release(await desk.entry("m1"), await desk.act())
    failed = desk.acts.written[-1]
    assert failed.what is What.FAILED_AGAIN
    assert failed.message is not None
    assert "was never submitted" in failed.message.reason


async def test_a_discarded_message_is_kept_whole_in_the_journal() -> None:
    desk = Desk()
    await desk.parked("m1", "m2")
    entry = await desk.entry("m1")
    assert await desk.releasing.discard(entry, await desk.act(What.DISCARD_ASKED))
    (act,) = [act for act in desk.acts.written if act.what is What.DISCARDED]
    assert act.message == entry
    assert desk.left() == ["m2"]
    assert not await desk.releasing.discard(entry, await desk.act(What.DISCARD_ASKED))


# -- many at once


async def test_a_release_of_many_counts_what_went_what_failed_and_why() -> None:
    desk = Desk()
    for claim in "ABC":
        await desk.parked(f"{claim}1", f"{claim}2", claim=claim)
    desk.hearing.refuses = {"B1"}
    came = await desk.releasing.release_all(ALL, await desk.act())
    assert (came.done, dict(came.reasons), came.left) == (
        4,
        {"UnknownSubject: B was never submitted": 1},
        0,
    )
    assert desk.left() == ["B1", "B2"]


async def test_a_release_of_many_takes_each_claim_once_however_many_requests_it_needs() -> None:
    desk = Desk("A1")
    await desk.ear.listener([desk.ear.record(f"A{n}") for n in range(1, 6)])
    await desk.parked("B1", "B2", claim="B")
    act, rounds = await desk.act(), []
    while not rounds or rounds[-1].left:
        rounds.append(await desk.releasing.release_all(ALL, act, most=2))
    assert sum(came.reasons.total() for came in rounds) == 1
    assert sum(came.done for came in rounds) == 2
    assert desk.hearing.heard == ["B1", "B2"]


async def test_a_later_message_never_passes_an_earlier_one_that_the_filter_does_not_mean() -> None:
    desk = Desk("m1")
    await desk.ear.listener([desk.ear.record("m1"), desk.ear.record("m2")])
    came = await desk.releasing.release_all(Filter(error="Behind"), await desk.act())
    assert (came.done, came.reasons.total(), came.left) == (0, 1, 0)
    assert desk.hearing.heard == []
    desk.hearing.refuses.clear()
    came = await desk.releasing.release_all(Filter(claim="A"), await desk.act())
    assert (came.done, desk.hearing.heard) == (2, ["m1", "m2"])


async def test_a_discard_of_many_takes_the_newest_first_so_that_none_is_freed_by_it() -> None:
    desk = Desk()
    await desk.parked("m1", "m2", "m3", "m4")
    act, left = await desk.act(What.DISCARD_ASKED), 4
    while left:
        came = await desk.releasing.discard_all(ALL, act, most=1)
        assert came.done == 1
        await desk.releasing.free()
        left = came.left
    assert desk.hearing.heard == []
    gone = [id_ for what, id_ in desk.told() if what is What.DISCARDED]
    assert gone == ["m4", "m3", "m2", "m1"]


# -- races


async def test_two_releases_at_once_process_each_message_once_and_in_order() -> None:
    desk = Desk()
    await desk.parked(*(f"m{n}" for n in range(20)))
    last, act = await desk.entry("m19"), await desk.act()
    both = await asyncio.gather(
        desk.releasing.release(last, act), desk.another().release(last, await desk.act())
    )
    assert desk.hearing.heard == [f"m{n}" for n in range(20)]
    assert sum(came.done for came in both) == 20
    ended = [id_ for what, id_ in desk.told() if what is What.RELEASED]
    assert sorted(ended) == sorted(set(ended))


async def test_messages_that_come_during_a_release_follow_in_their_order() -> None:
    desk = Desk()
    await desk.parked("m1", "m2")

    async def coming() -> None:
        for number in range(3, 30):
            await desk.ear.listener([desk.ear.record(f"m{number}")])
            await asyncio.sleep(0)

    release = desk.releasing.release(await desk.entry("m2"), await desk.act())
    await asyncio.gather(release, coming())
    await desk.releasing.free()
    assert desk.hearing.heard == [f"m{n}" for n in range(1, 30)]
    assert desk.left() == []


class Held:
    """A desk whose retry waits in the middle of a message until it is let go."""

    def __init__(self, desk: Desk) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self._desk = desk
        self.releasing = Releasing(desk.parking, desk.acts, self._slowly, lambda: NOON)

    async def _slowly(self, entry: Parked) -> str | None:
        self.begun.set()
        await self.go.wait()
        return await self._desk.ear.listener.retry(entry)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "WAIT_S", 0.0)


@pytest.mark.usefixtures("impatient")
async def test_a_message_in_release_cannot_be_discarded_and_others_can() -> None:
    desk = Desk()
    await desk.parked("m1", "m2", "m3")
    held = Held(desk)
    first = await desk.entry("m1")
    release = asyncio.create_task(held.releasing.release(first, await desk.act()))
    await held.begun.wait()
    with pytest.raises(Busy):
        await desk.releasing.discard(first, await desk.act())
    assert await desk.releasing.discard(await desk.entry("m2"), await desk.act())
    held.go.set()
    assert (await release).done == 2
    assert desk.hearing.heard == ["m1", "m3"]
    assert desk.told()[-2:] == [(What.RELEASED, "m1"), (What.RELEASED, "m3")]


@pytest.mark.usefixtures("impatient")
async def test_what_another_is_at_work_on_is_left_over_by_a_release_of_many() -> None:
    desk = Desk()
    await desk.parked("m1")
    await desk.parked("n1", claim="B")
    assert await desk.parking.take("m1", "another")
    came = await desk.releasing.release_all(ALL, await desk.act())
    assert (came.done, came.busy, came.left) == (1, 1, 1)


async def test_a_message_that_takes_too_long_is_given_up_before_its_lease_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(releasing, "TRY_S", 0.01)
    desk = Desk()
    await desk.parked("m1")
    held = Held(desk)
    with pytest.raises(StoreDown, match="took longer"):
        await held.releasing.release(await desk.entry("m1"), await desk.act())
    assert desk.left() == ["m1"]
    assert (await desk.releasing.release(await desk.entry("m1"), await desk.act())).done == 1


# -- a process that dies between two steps


class Died(BaseException):
    """The process is gone."""


GAPS: dict[str, Callable[[Desk], tuple[Any, str]]] = {
    "before it is marked as ended": lambda desk: (desk.parking, "end"),
    "before it is in the journal": lambda desk: (desk.acts, "add"),
    "before it is removed": lambda desk: (desk.parking, "remove"),
}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("what", [What.RELEASED, What.DISCARDED])
async def test_whoever_dies_in_the_middle_leaves_nothing_lost_and_one_record(
    gap: str, what: What, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    await desk.parked("m1", "m2")
    entry, act = await desk.entry("m1"), await desk.act()

    async def dies(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(*GAPS[gap](desk), dies)
        with pytest.raises(Died):
            await desk.do(what, entry, act)
    desk.parking.leases.clear()  # it ran out
    await desk.releasing.bury()
    if await desk.parking.find("m1"):
        await desk.do(what, entry, await desk.act())
    await desk.releasing.free()
    assert desk.left() == []
    assert desk.told().count((what, "m1")) == 1
    heard = list(dict.fromkeys(desk.hearing.heard))
    assert heard == (["m1", "m2"] if what is What.RELEASED else ["m2"])
