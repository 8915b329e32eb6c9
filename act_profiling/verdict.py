"""The verdict on pondering: as accurate as how many fixed steps, and in what part of their time?

On each runtime a net that ponders is held against nets with fixed numbers of ponder steps K. Its
metric lies between those of two of them; K, and the time of K steps, is interpolated in a straight
line. The noise of the data moves its metric, and so K and the ratio of times, up and down: all nets
answer the same sequences, and it is held against each of them sequence by sequence. The noise of
time comes from rounds, in which all nets took turns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from act_profiling import statistics
from act_profiling.front import noise, pareto_front
from act_profiling.measurement import Measurement, Metric

Array = npt.NDArray[Any]
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
    rounds: Sequence[float] = ()
    """Typical cost of a time step without each of the rounds, NaN for one that does not count;
    rounds of all entrants took turns."""


@dataclass(frozen=True)
class Verdict:
    """A net that ponders against the fixed nets of its runtime."""

    label: str
    target: str
    precision: str
    nets: list[str]
    """The fixed nets whose metrics bracket its own; one where it is beyond all of them."""
    bound: Bound
    """``between`` two nets; ``at least`` as good as the cheapest that none is better than by more
    than noise, to which the ratio is then; ``below`` all of them, with no ratio."""
    steps: float
    """K, the fixed steps that are as accurate."""
    steps_interval: list[float]
    ratio: float | None
    """Its cost over that of K fixed steps."""
    ratio_interval: list[float] | None
    """By the noise of the data in K, and of time from round to round where there are several."""


def verdicts(
    measurements: Sequence[Measurement],
    costs: Sequence[float],
    steps: Sequence[float],
    rounds: Sequence[Sequence[float]],
    *,
    higher: bool,
) -> Iterator[Verdict]:
    """Judge on each runtime every net that ponders; at several budgets its best.

    Args:
        measurements: with numbers and one metric.
        costs: typical cost of a time step of each.
        steps: mean N of each.
        rounds: the cost of each without each round, NaN where a round does not count.
        higher: whether a higher metric is the better one.
    """
    groups: dict[tuple[str, str, int, str | None], list[int]] = {}
    for k, each in enumerate(measurements):
        facts = each.variant
        key = facts.target, facts.precision, facts.threads, facts.cpus
        groups.setdefault(key, []).append(k)
    for (target, precision, *_), places in groups.items():
        fixed: list[Entrant] = []
        pondering: dict[tuple[str, str], list[Entrant]] = {}
        for k in places:
            variant, metric = measurements[k].variant, measurements[k].metric
            assert metric is not None
            entrant = Entrant(variant.label, costs[k], steps[k], metric, rounds[k])
            if variant.epsilon is None:
                fixed.append(entrant)
            else:
                pondering.setdefault((variant.artefact, variant.sha256), []).append(entrant)
        for budgets in pondering.values() if len(fixed) > 1 else ():
            found = [judge(each, fixed, higher, target, precision) for each in budgets]
            yield min(found, key=lambda each: (each.ratio is None, each.ratio, -each.steps))


def judge(
    entrant: Entrant, nets: Sequence[Entrant], higher: bool, target: str = "", precision: str = ""
) -> Verdict:
    """Hold one net that ponders against fixed nets, at least two.

    The rungs are the fixed nets on the Pareto front: a net that is better than a cheaper one by no
    more than noise is none. The margin by which the entrant is better falls from rung to rung; K is
    where it reaches 0. Each margin has its own noise, that of the two nets' answers to the same
    sequences, and the interval of K reaches from where the margin less its noise is first 0 to
    where the margin plus its noise is last 0. Neither goes beyond the rungs.
    """
    on = pareto_front([net.cost for net in nets], [net.metric for net in nets], higher)
    rungs = sorted((net for net, is_on in zip(nets, on, strict=True) if is_on), key=_by_cost)
    sign = 1 if higher else -1
    margins = np.array([sign * (entrant.metric.value - net.metric.value) for net in rungs])
    halves = np.array([noise(entrant.metric, net.metric) for net in rungs])
    surely = np.minimum.accumulate(margins - halves)
    maybe = np.maximum.accumulate((margins + halves)[::-1])[::-1]
    steps = np.array([net.steps for net in rungs])
    costs = np.array([net.cost for net in rungs])
    ratio = interval = None
    bracket, bound = _bracket(rungs, margins)
    if bound != "below":
        ratio = entrant.cost / _where(margins, costs)
        ends = [entrant.cost / _where(each, costs) for each in (maybe, surely)]
        interval = _widened(ratio, ends, _time_noise(entrant, rungs, margins))
    return Verdict(
        entrant.label,
        target,
        precision,
        [net.label for net in bracket],
        bound,
        _where(margins, steps),
        [_where(surely, steps), _where(maybe, steps)],
        ratio,
        interval,
    )


def _time_noise(entrant: Entrant, rungs: list[Entrant], margins: Array) -> float:
    """Half the interval of the logarithm of the ratio, by the jackknife over rounds (Tukey 1958).

    A typical cost takes the median of each call over rounds, which single interruptions do not
    move; a round by itself would follow them. 0 for fewer than two rounds.
    """
    together = zip(entrant.rounds, *(net.rounds for net in rungs), strict=False)
    ratios = [own / _where(margins, np.array(costs)) for own, *costs in together]
    logs = np.log([each for each in ratios if np.isfinite(each)])
    if (count := len(logs)) < 2:
        return 0.0
    error = math.sqrt((count - 1) * float(np.var(logs)))
    return statistics.t_quantile(count - 1) * error


def _widened(ratio: float, ends: list[float], half: float) -> list[float]:
    """Add independent noise to an interval of a ratio."""
    low, high = (math.hypot(math.log(end / ratio), half) for end in ends)
    return [ratio * math.exp(-low), ratio * math.exp(high)]


def _by_cost(net: Entrant) -> float:
    return net.cost


def _where(margins: Array, values: Array) -> float:
    """Interpolate a value of the rungs where falling margins reach 0, or at the end before it."""
    return float(np.interp(0.0, -margins, values))


def _bracket(rungs: list[Entrant], margins: Array) -> tuple[list[Entrant], Bound]:
    """The rungs between which the margin reaches 0, or the one that it is beyond."""
    better = int((margins >= 0).sum())
    if better == 0:
        return rungs[:1], "below"
    if better == len(rungs):
        return rungs[-1:], "at least"
    return rungs[better - 1 : better + 1], "between"
