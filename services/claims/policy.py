"""Policies as sold: every version with its terms, and which one was in force on a day.

    Policy() --RegisterPolicy--> Policy(version 1) --RegisterPolicy--> Policy(version 2) ...

A version, once registered, never changes: its coverages are kept as they were sold, whatever
becomes of the product's file. An endorsement (批单) is a later version with a later effective
date. The document is named by the policy number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from services.claims.products import Coverage, Product, Products
from shared.contracts.base import Fact, Private, Value
from shared.contracts.claims import PolicyRegistered
from shared.decider import Command, Decider, Message, Refusal
from shared.money import Money

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Fault = tuple[str, str]


class Override(Value):
    """Terms of one coverage that this policy has instead of the product's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    coverage: str
    limit: Money | None = None
    deductible: Money | None = None


def _first_day(given: dict[str, date]) -> date:
    return given["starts"]


class RegisterPolicy(Command):
    """A policy, or a version of it, as the insurer's own systems know it.

    `starts` and `ends` are its first and last day, `effective` the first day of this version
    (by default `starts`): calendar days of the insurer. `customer` is an opaque id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy_number: Identifier
    product: Annotated[str, Field(max_length=40)]
    customer: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
    starts: date
    ends: date
    effective: Annotated[date, Field(default_factory=_first_day)]
    coverages: Annotated[tuple[Override, ...], Field(max_length=20)] = ()


class Version(Value):
    """One version: what was asked for, and the coverages as sold."""

    asked: RegisterPolicy
    coverages: tuple[Coverage, ...]


class Policy(Value):
    """A policy's versions, oldest first; none while the policy is unknown."""

    versions: tuple[Version, ...] = ()


class VersionKept(Private):
    """The terms of a newly registered version, which only claims needs."""

    version: Version


POLICY: TypeAdapter[Policy] = TypeAdapter(Policy)


def policy_decider(products: Products) -> Decider[Policy]:
    """The rules for policies, under these products."""

    def decide(message: Message, policy: Policy) -> Sequence[Fact]:
        match message.body:
            case RegisterPolicy() as command:
                return register(products, command, policy)
            case body:
                raise TypeError(f"policies do not hear {type(body).__name__}")

    return Decider("policy", POLICY, Policy(), decide, evolve)


def register(products: Products, command: RegisterPolicy, policy: Policy) -> Sequence[Fact]:
    """The next version; nothing if that very version is known already.

    Refused unless it takes effect later than every version before it.
    """
    if any(version.asked == command for version in policy.versions):
        return []
    if policy.versions and command.effective <= policy.versions[-1].asked.effective:
        return [_not_later(command, policy.versions[-1].asked.effective)]
    product = products[command.product]
    return [
        VersionKept(version=Version(asked=command, coverages=as_sold(product, command))),
        PolicyRegistered(
            policy_number=command.policy_number,
            version=len(policy.versions) + 1,
            product=product.code,
            customer=command.customer,
            kinds=product.kinds,
            starts=command.starts,
            ends=command.ends,
        ),
    ]


def evolve(policy: Policy, fact: Fact) -> Policy:
    """Adds the version."""
    match fact:
        case VersionKept(version=version):
            return Policy(versions=(*policy.versions, version))
        case _:
            return policy


def as_sold(product: Product, command: RegisterPolicy) -> tuple[Coverage, ...]:
    """The product's coverages with what this policy has instead."""
    instead = {override.coverage: override for override in command.coverages}
    return tuple(
        _overridden(coverage, instead.get(coverage.code)) for coverage in product.coverages
    )


def _overridden(coverage: Coverage, override: Override | None) -> Coverage:
    if override is None:
        return coverage
    terms = {"limit": override.limit, "deductible": override.deductible}
    return coverage.model_copy(update={name: m for name, m in terms.items() if m is not None})


def faults(products: Products, command: RegisterPolicy) -> list[Fault]:
    """What is wrong with a command in the light of the products: fields and sentences."""
    wrong = _out_of_order(command)
    product = products.get(command.product)
    if product is None:
        return [*wrong, ("product", f"there is no product {command.product!r}")]
    return [*wrong, *_said_twice(command), *_unsound(product, command)]


def _out_of_order(command: RegisterPolicy) -> list[Fault]:
    if command.ends < command.starts:
        return [("ends", f"{command.ends} is before starts, {command.starts}")]
    if not command.starts <= command.effective <= command.ends:
        return [("effective", f"{command.effective} is not between starts and ends")]
    return []


def _said_twice(command: RegisterPolicy) -> list[Fault]:
    codes = [override.coverage for override in command.coverages]
    return [
        (f"coverages.{place}.coverage", f"{code!r} is said twice")
        for place, code in enumerate(codes)
        if code in codes[:place]
    ]


def _unsound(product: Product, command: RegisterPolicy) -> list[Fault]:
    sold = {coverage.code: coverage for coverage in product.coverages}
    found: list[Fault] = []
    for place, override in enumerate(command.coverages):
        coverage = sold.get(override.coverage)
        if coverage is None:
            said = f"{product.code} has no coverage {override.coverage!r}"
            found.append((f"coverages.{place}.coverage", said))
        elif wrong := _unsound_terms(coverage, _overridden(coverage, override)):
            found.append((f"coverages.{place}", wrong))
    return found


def _unsound_terms(product: Coverage, sold: Coverage) -> str | None:
    if sold.limit.currency != product.limit.currency:
        return f"{product.code} is in {product.limit.currency}"
    return sold.unsound()


def in_force(policy: Policy, day: date) -> tuple[int, Version] | None:
    """Number and terms of the version that held on that day of the insurer's calendar."""
    numbered = [*enumerate(policy.versions, start=1)]
    held = [(n, v) for n, v in numbered if v.asked.effective <= day]
    if not held:
        return None
    number, version = held[-1]
    return (number, version) if version.asked.starts <= day <= version.asked.ends else None


def insured_since(policy: Policy, number: int) -> date:
    """The first day of unbroken insurance up to this version: a renewal starts no new wait."""
    since = policy.versions[number - 1].asked.starts
    for version in reversed(policy.versions[: number - 1]):
        if version.asked.ends < since - timedelta(days=1):
            break
        since = min(since, version.asked.starts)
    return since


def _not_later(command: RegisterPolicy, latest: date) -> Refusal:
    return Refusal(
        code="not-later",
        detail=(
            f"{command.policy_number} has a version effective {latest}; another content needs a "
            f"later effective date than that, not {command.effective}."
        ),
        field="effective",
    )
