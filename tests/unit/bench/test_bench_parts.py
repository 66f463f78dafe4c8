"""Loads, shares, processes, and what is drawn."""

from __future__ import annotations

import json
import os
from random import Random
from xml.etree import ElementTree

import pytest

from benchmarks.latency import Paced, arrivals
from benchmarks.load import LINES, Load
from benchmarks.plot import plotted
from benchmarks.processes import cpu_seconds, memory_mb, spent
from benchmarks.svg import steps
from benchmarks.twins import smaller_share, with_twins
from deploy.local.trouble import Trouble
from shared.contracts.base import Service
from tests.unit.bench.stories import a_report

SVG = "{http://www.w3.org/2000/svg}"


def test_every_report_is_in_a_bulk_request_once_under_a_key_of_its_own() -> None:
    requests = Load(7).in_bulk("a", LINES + 3)
    assert [count for count, _ in requests] == [LINES, 3]
    bodies = [request.partition(b"\r\n\r\n")[2] for _, request in requests]
    lines = [json.loads(line) for body in bodies for line in body.split(b"\n")]
    assert len({line["key"] for line in lines}) == LINES + 3
    assert len({line["policy_number"] for line in lines}) == 7


def test_the_length_that_a_request_declares_is_that_of_its_body() -> None:
    for request in Load(2).singly("a", 2):
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head


def test_arrivals_are_in_order_and_as_many_a_second_as_asked() -> None:
    moments = list(arrivals(50.0, 5_000, Random(1)))
    assert moments == sorted(moments)
    assert moments[-1] == pytest.approx(100, rel=0.1)


def test_the_kernel_tells_cpu_time_and_memory_of_a_process() -> None:
    me = {"me": os.getpid()}
    before = cpu_seconds(me)
    sum(range(3_000_000))
    assert spent(before, cpu_seconds(me))["me"] >= 0
    assert 5 < memory_mb(me)["me"] < 5_000


def test_a_second_one_of_each_service_has_a_port_a_route_and_a_member_name_of_its_own() -> None:
    programs = with_twins()
    offsets = [program.offset for program in programs]
    assert len({program.name for program in programs}) == len(programs) == 12
    assert len(set(offsets)) == len(offsets)
    second = next(program for program in programs if program.name == "claims-2")
    assert second.command[:2] == ["env", "CLAIMPATH_MEMBER=2"]
    assert second.health == "/claims/health/ready"


def test_shares_say_how_much_the_lesser_of_two_did() -> None:
    cpu = {str(service): 3.0 for service in Service} | {f"{s}-2": 1.0 for s in Service}
    assert set(smaller_share(cpu).values()) == {0.25}


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(52, [0, 20, 40, 60]), (0, [0, 0.25, 0.5, 0.75, 1.0]), (1, [0, 0.25, 0.5, 0.75, 1.0])],
)
def test_axes_have_round_numbers_that_reach_the_largest_value(
    most: float, ticks: list[float]
) -> None:
    assert steps(most) == ticks


def test_the_plot_has_a_chart_for_what_was_measured_with_named_axes() -> None:
    report = a_report()
    report.loads = [Paced(10.0, 9.5, (0.1, 0.2)), Paced(20.0, 15.0, (0.3, 0.9))]
    report.stored = [(300, 50.0), (2_000, 45.0)]
    root = ElementTree.fromstring(plotted(report))
    told = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert {"Throughput over load", "Latency over load", "Throughput over stored claims"} < {*told}
    assert any("ms from report" in text for text in told)
    points = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert "p99: 900 at 20" in points
    assert all(0 <= float(c.get("cx", -1)) <= 560 for c in root.iter(f"{SVG}circle"))


def test_what_was_not_measured_is_not_drawn() -> None:
    root = ElementTree.fromstring(plotted(a_report()))
    assert not list(root.iter(f"{SVG}polyline"))


def test_an_unknown_part_is_named() -> None:
    from claimpath.bench import _parts

    assert _parts("none", ("relay",)) == ()
    with pytest.raises(Trouble, match="There is no rely"):
        _parts("rely", ("relay",))
