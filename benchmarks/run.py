"""What is measured, in which order."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks import intake_alone, latency, otlp, rivals, stored, straight, topics, twins, work
from benchmarks.checks import Refused
from benchmarks.figures import AtLeast, Below, Figure
from benchmarks.plan import Plan
from benchmarks.recipe import Recipe
from benchmarks.report import Report, against, machine, of_straight, rates
from benchmarks.stand import Stand, stand
from benchmarks.straight import Round
from shared.contracts.base import Service

Say = Callable[[str], None]
LOADS = (0.25, 0.5, 0.7, 0.85, 1.0, 1.15)
"""Parts of the measured throughput at which the plot shows latency: up to the knee and past it."""


async def measured(plan: Plan, say: Say) -> Report:
    """The whole run. Raises `Refused` if a claim was lost or the books do not balance."""
    run = Run(plan, say)
    await run.network_as_it_is()
    if "stored" in plan.parts:
        await run.many_stored()
    if "spans" in plan.parts:
        await run.spans_on()
    if "twins" in plan.parts:
        await run.two_of_each()
    return run.report


class Run:
    """One run, on one network after the other; what it finds goes into `report`."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.say = say
        self.report = Report(plan, machine())

    async def network_as_it_is(self) -> None:
        """Throughput, latency, and the same servers with other programs on them."""
        async with stand(self.plan.claims, self.plan.broker) as network:
            recipe = await self._straight_and_recipe(network)
            self.report.figures += of_straight(self.report.rounds["straight"])
            if "latency" in self.plan.parts:
                await self._latency(network)
            if self.plan.plot:
                await self._loads(network)
            for service in (*Service, "mail"):
                await network.network.stop(str(service))
            if "relay" in self.plan.parts:
                await self._rival(network, recipe, "relay", self.plan.claims, "bare relay", 0.5)
            if "usual" in self.plan.parts:
                few = self.plan.usual_claims
                await self._rival(network, recipe, "tutorial", few, "the usual way", 10)
            if "intake" in self.plan.parts:
                await self._intake(network)

    async def many_stored(self) -> None:
        """Throughput with few claims stored, and with many, on a network of its own."""
        async with stand(self.plan.claims, self.plan.broker) as network:
            few = await self._rounds(network, "few stored")
            self._stored(network, few)
            begun = network.claims
            await stored.grow(network, self.plan.stored)
            grown = network.claims
            self.say(f"{grown:,} claims are stored")
            many = await self._rounds(network, f"{network.claims:,} stored")
            self._stored(network, many)
        name = f"{grown:,} claims stored against {begun:,}"
        self.report.figures.append(against(name, many, few, 0.9))
        largest = [max(each.memory_mb[service] for service in Service) for each in many]
        name = "memory of the largest service then"
        self.report.figures.append(Figure(name, "MB", tuple(largest), Below(200)))

    async def spans_on(self) -> None:
        """Throughput with spans exported to a collector that throws them away."""
        async with otlp.sink() as sink:
            environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url}
            async with stand(self.plan.claims, self.plan.broker, environment) as network:
                on = await self._rounds(network, "spans on")
        if not sink.bytes:
            raise Refused("No span came to the collector: spans on were not measured.")
        off = self.report.rounds["straight"]
        self.report.figures.append(against("spans on against off", on, off, 0.8))

    async def two_of_each(self) -> None:
        """Throughput with two processes of each service."""
        programs, ports = twins.with_twins(), twins.MORE_PORTS
        async with stand(
            self.plan.claims, self.plan.broker, programs=programs, ports=ports
        ) as network:
            two = await self._rounds(network, "two of each")
        one = self.report.rounds["straight"]
        shares = twins.smaller_share(two[-1].cpu_s)
        note = "the lesser one's share: " + ", ".join(f"{n} {s:.0%}" for n, s in shares.items())
        self.report.figures += [
            Figure("two of each service", "claims/s", rates(two), note=note),
            against("two of each against one", two, one, None),
        ]

    async def _straight_and_recipe(self, network: Stand) -> Recipe:
        await straight.once(network, "warm-up", self.plan.warm_up)
        begins = await topics.ends(network)
        before = await work.written(network.mongo, network.name)
        claims = network.claims
        await self._rounds(network, "straight", warm=True)
        recipe = await work.recipe(network, begins, before, network.claims - claims)
        self.report.work["claimpath"] = recipe.totals()
        return recipe

    async def _rounds(self, network: Stand, name: str, warm: bool = False) -> list[Round]:
        if not warm:
            await straight.once(network, f"{name}-0", self.plan.warm_up)
        rounds = []
        for number in range(1, self.plan.rounds + 1):
            rounds.append(await straight.once(network, f"{name}-{number}", self.plan.claims))
            self.say(f"{name}, round {number}: {rounds[-1].rate:,.0f} claims/s")
        self.report.rounds[name] = rounds
        return rounds

    async def _latency(self, network: Stand) -> None:
        half = median(rates(self.report.rounds["straight"])) / 2
        claims = max(50, round(half * self.plan.load_seconds))
        found = [
            await latency.paced(network, f"half-{number}", half, claims)
            for number in range(self.plan.rounds)
        ]
        idle = await latency.alone(network, "alone", self.plan.idle_claims)
        await network.settled()
        at = f"at {half:,.0f} claims/s"
        self.report.figures += [
            _ms("report to settled at half load, p50", [f.p50 for f in found], 300, at),
            _ms("report to settled at half load, p99", [f.p99 for f in found], 1_500, at),
            _ms("one claim on an idle network", idle, 150, "median"),
        ]
        self.say(f"half load: p50 {1000 * median(f.p50 for f in found):,.0f} ms")

    async def _loads(self, network: Stand) -> None:
        most = median(rates(self.report.rounds["straight"]))
        for part in LOADS:
            claims = max(50, round(part * most * self.plan.load_seconds))
            self.report.loads.append(
                await latency.paced(network, f"load-{part}", part * most, claims)
            )
            self.say(f"{part:.0%} load: p99 {1000 * self.report.loads[-1].p99:,.0f} ms")
        await network.settled()

    async def _rival(
        self, network: Stand, recipe: Recipe, module: str, claims: int, name: str, least: float
    ) -> None:
        async with rivals.rival(network, recipe, module) as other:
            await other.once("warm-up", min(claims, self.plan.warm_up))
            before = await work.written(network.mongo, other.name)
            rounds = []
            for number in range(1, self.plan.rounds + 1):
                rounds.append(await other.once(f"round-{number}", claims))
                self.say(f"{name}, round {number}: {rounds[-1].rate:,.0f} claims/s")
            after = await work.written(network.mongo, other.name)
        self.report.work[module] = work.per_claim(before, after, claims * len(rounds))
        self.report.rounds[module] = rounds
        ours = self.report.rounds["straight"]
        self.report.figures += [
            Figure(name, "claims/s", rates(rounds)),
            against(f"claimpath against {name}", ours, rounds, least),
        ]

    async def _intake(self, network: Stand) -> None:
        await network.network.start("intake")
        reports = self.plan.reports
        numbers = range(self.plan.rounds)
        single = [await intake_alone.singly(network, f"one-{n}", reports) for n in numbers]
        bulk = [await intake_alone.in_bulk(network, f"bulk-{n}", reports) for n in numbers]
        self.report.figures += [
            Figure("intake alone, single reports", "reports/s", tuple(single), AtLeast(800)),
            Figure("intake alone, in bulk", "reports/s", tuple(bulk), AtLeast(3_000)),
        ]
        self.say(f"intake alone: {median(single):,.0f} single, {median(bulk):,.0f} in bulk")

    def _stored(self, network: Stand, rounds: list[Round]) -> None:
        self.report.stored.append((network.claims, median(rates(rounds))))


def _ms(name: str, seconds: list[float], most: float, note: str) -> Figure:
    return Figure(name, "ms", tuple(1000 * each for each in seconds), Below(most), note)
