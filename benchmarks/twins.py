"""A second process of every service: how much they do together, and how they share the work."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from deploy.local.parts import PORTS, PROGRAMS, SERVICES, Program
from shared.contracts.base import Service

MORE_PORTS = PORTS + len(SERVICES)


def twin(program: Program, offset: int) -> Program:
    """A second one, under a member's name and a route of its own."""
    command = ["env", "CLAIMPATH_MEMBER=2", sys.executable, "-m", f"services.{program.name}"]
    name = f"{program.name}-2"
    return replace(program, name=name, command=command, offset=offset, route=f"/{name}")


def with_twins() -> tuple[Program, ...]:
    """The whole network, with two of every service. Reports over HTTP go to the first intake."""
    twins = (twin(service, PORTS + number) for number, service in enumerate(SERVICES))
    return (*PROGRAMS, *twins)


def smaller_share(cpu: Mapping[str, float]) -> dict[str, float]:
    """Of the CPU time of each pair, the part of the one that did less; 0.5 is even."""
    shares = {}
    for service in Service:
        pair = (cpu[service], cpu[f"{service}-2"])
        shares[str(service)] = min(pair) / sum(pair) if sum(pair) else 0.5
    return shares
