"""``--ponder auto``: the fastest kind of ponder loop, found by measuring each on this machine."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from act_artefact.equality import Arrays
from act_artefact.feeds import Samples
from act_artefact.form import Form, Ponder
from act_artefact.targets import Target
from act_export.program import describe
from act_export.reference import reference_steps
from act_export.runtimes import Runtime
from act_export.subject import Subject

TRIED: tuple[Ponder, ...] = ("loop", "peeled", "unroll")
"""The kinds of ponder loop that are measured; ``host`` needs an app that drives it."""

UNROLLED_STEPS = 32
"""The most ponder steps per call for which ``unroll`` is tried: more take long to convert."""

CALLS = 50
ROUNDS = 7


@dataclass(frozen=True)
class Choice:
    """The measurements, and the kind of ponder loop that was picked."""

    ponder: Ponder
    microseconds: dict[str, float]
    """Microseconds per call in each form: median of rounds, the same real inputs, one thread."""
    mean_ponder_steps: float
    """Mean N over those inputs."""
    left_out: str
    """Why a form was not measured; empty if all were."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Candidates:
    """The kinds of ponder loop that are worth measuring, and the inputs to measure them on."""

    ponders: tuple[Ponder, ...]
    calls: list[Arrays]
    mean_ponder_steps: float
    left_out: str


def candidates(subject: Subject, form: Form, samples: Samples, target: Target) -> Candidates:
    """Find the kinds of ponder loop that can win; ``form`` is the form but for its kind."""
    policies = subject.policies
    steps = list(islice(reference_steps(subject, describe(subject, form), form, samples), CALLS))
    mean = float(np.mean([step.outputs["ponder_steps"].mean() for step in steps]))
    calls = [step.inputs for step in steps]
    if len(target.ponders) == 1:
        return Candidates(target.ponders, calls, mean, "")
    if not any(policy.adaptive for policy in policies):
        return Candidates(("unroll",), calls, mean, "a fixed number of steps needs no loop")
    if not target.measured:
        reason = "not measured: the target's runtime does not run on this machine"
        return Candidates(("loop",), calls, mean, reason)
    left_out = _against_unroll([policy.max_ponder for policy in policies], mean, form, target)
    tried = tuple(
        kind
        for kind in TRIED
        if kind in target.ponders
        and all(kind in policy.kinds for policy in policies)
        and not (kind == "unroll" and left_out)
    )
    return Candidates(tried, calls, mean, left_out)


def _against_unroll(limits: list[int], mean: float, form: Form, target: Target) -> str:
    """Say why the ponder steps are not tried written out; empty if they are.

    Args:
        limits: max_ponder of each layer.
        mean: N of the inputs that are measured.
    """
    time_steps = (form.time[0] or 0) if form.time else 1
    written_out, limit = sum(limits) * time_steps, statistics.mean(limits)
    if form.budget_inputs:
        return "unroll: cannot have max_ponder as an input"
    if form.sequence == "dynamic":
        return "unroll: has no time steps of any number"
    if written_out > UNROLLED_STEPS:
        return f"unroll: {written_out} ponder steps a call, too many to write out"
    if mean < limit * target.unrolled_from:
        return f"unroll: mean N is {mean:.1f} of {limit:g}, most of its steps would be wasted"
    return ""


def choose(among: Candidates, runtimes: dict[Ponder, Runtime]) -> Choice:
    """Time every form on the same calls, in turn within each round, and pick the fastest."""
    rounds: dict[Ponder, list[float]] = {ponder: [] for ponder in runtimes}
    for number in range(ROUNDS + 1 if len(runtimes) > 1 else 0):
        for ponder, runtime in runtimes.items():
            start = time.perf_counter()
            for inputs in among.calls:
                runtime.run(inputs)
            if number:  # the first round warms up
                taken = time.perf_counter() - start
                rounds[ponder].append(taken / len(among.calls) * 1e6)
    medians = {str(ponder): statistics.median(times) for ponder, times in rounds.items() if times}
    best = min(runtimes, key=lambda ponder: medians.get(ponder, 0.0))
    return Choice(best, medians, among.mean_ponder_steps, among.left_out)
