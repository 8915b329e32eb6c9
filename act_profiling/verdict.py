"""The verdict on pondering: as accurate as how many fixed steps, and in what part of their time?

On each runtime a net that ponders is held against nets with fixed numbers of ponder steps K. Its
metric lies between those of two of them; K, and the time of K steps, is interpolated in a straight
line. The noise of the data moves its metric, and so K and the ratio of times, up and down: all nets
answer the same sequences, and the interval is that of the difference, sequence by sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from act_profiling.front import noise
from act_profiling.measurement import Measurement, Metric

Bound = Literal["between", "at least", "below"]


@dataclass(frozen=True)
class Entrant:
    """A variant in the comparison."""

    label: str
    cost: float
    """Typical cost of a time step."""
    steps: float
    """Mean N of a time step."""
    metric: Metric


@dataclass(frozen=True)
class Verdict:
    """A net that ponders against the fixed nets of its runtime."""

    label: str
    target: str
    precision: str
    nets: list[str]
    """The fixed nets whose metrics bracket its own; one where it is beyond all of them."""
    bound: Bound
    """``between`` two nets; ``at least`` as good as the best of them, so that the ratio is to the
    cheapest net that is best; ``below`` all of them, with no ratio."""
    steps: float
    """K, the fixed steps that are as accurate."""
    steps_interval: list[float]
    ratio: float | None
    """Its cost over that of K fixed steps."""
    ratio_interval: list[float] | None


def verdicts(
    measurements: Sequence[Measurement],
    costs: Sequence[float],
    steps: Sequence[float],
    *,
    higher: bool,
) -> Iterator[Verdict]:
    """Judge on each runtime the net that ponders for the least part of the fixed nets' cost.

    Args:
        measurements: with numbers and one metric.
        costs: typical cost of a time step of each.
        steps: mean N of each.
        higher: whether a higher metric is the better one.
    """
    groups: dict[tuple[str, str, int, str | None], list[int]] = {}
    for k, each in enumerate(measurements):
        facts = each.variant
        key = facts.target, facts.precision, facts.threads, facts.cpus
        groups.setdefault(key, []).append(k)
    for (target, precision, *_), places in groups.items():
        fixed: list[Entrant] = []
        pondering: list[Entrant] = []
        for k in places:
            variant, metric = measurements[k].variant, measurements[k].metric
            assert metric is not None
            entrant = Entrant(variant.label, costs[k], steps[k], metric)
            (fixed if variant.epsilon is None else pondering).append(entrant)
        if len(fixed) < 2 or not pondering:
            continue
        found = [judge(each, fixed, higher, target, precision) for each in pondering]
        yield min(found, key=lambda each: (each.ratio is None, each.ratio, -each.steps))


def judge(
    entrant: Entrant, nets: Sequence[Entrant], higher: bool, target: str = "", precision: str = ""
) -> Verdict:
    """Hold one net that ponders against fixed nets, at least two."""
    ladder = _ladder(nets, higher)
    nearest = min(ladder, key=lambda net: abs(net.metric.value - entrant.metric.value))
    half, sign = noise(entrant.metric, nearest.metric), 1 if higher else -1
    goodness = sign * entrant.metric.value
    rungs = [(sign * net.metric.value, net) for net in ladder]
    steps, cost, bound, bracket = _interpolated(goodness, rungs)
    low, high = (_interpolated(goodness + change, rungs) for change in (-half, half))
    ratio = interval = None
    if bound != "below":
        ratio = entrant.cost / cost
        interval = [entrant.cost / high[1], entrant.cost / low[1]]
    return Verdict(
        entrant.label,
        target,
        precision,
        [net.label for net in bracket],
        bound,
        steps,
        [low[0], high[0]],
        ratio,
        interval,
    )


def _ladder(nets: Sequence[Entrant], higher: bool) -> list[Entrant]:
    """The fixed nets in order of cost, without those that something cheaper is as good as."""
    ladder: list[Entrant] = []
    for net in sorted(nets, key=lambda each: (each.cost, each.steps)):
        gain = net.metric.value - ladder[-1].metric.value if ladder else 1.0
        if not ladder or (gain > 0 if higher else gain < 0):
            ladder.append(net)
    return ladder


def _interpolated(
    goodness: float, rungs: list[tuple[float, Entrant]]
) -> tuple[float, float, Bound, list[Entrant]]:
    """Fixed steps, their cost, and the nets between which a metric lies."""
    if goodness < rungs[0][0]:
        net = rungs[0][1]
        return net.steps, net.cost, "below", [net]
    for (worse, one), (better, other) in pairwise(rungs):
        if goodness < better:
            part = (goodness - worse) / (better - worse)
            steps = one.steps + part * (other.steps - one.steps)
            return steps, one.cost + part * (other.cost - one.cost), "between", [one, other]
    net = rungs[-1][1]
    return net.steps, net.cost, "at least", [net]
