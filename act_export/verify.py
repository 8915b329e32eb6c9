"""artefact == model? Every call starts from the model's own state: errors are the artefact's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from act_export.feeds import Samples
from act_export.form import Form
from act_export.interface import Interface
from act_export.metrics import loss_of, measure
from act_export.reference import (
    Arrays,
    Caller,
    Step,
    call_model,
    on_threshold,
    reference_steps,
    stepped,
)
from act_export.runtimes import Runtime
from act_export.subject import Subject

TOLERANCE: dict[str, float | None] = {"fp32": 1e-5, "fp16": 5e-3, "int8": None, "int4": None}
"""The largest |artefact - model| / (1 + |model|) of any output element, by precision, and how close
to the threshold a running halting sum must lie for N to differ; None where the metric decides."""

METRIC_TIME_STEPS = 4000
"""Time steps, at most, over which the metric is taken."""


@dataclass
class Verification:
    """What comparing an artefact with its model found."""

    source: str
    tolerance: float | None
    samples: int = 0
    """Calls of the artefact times rows of its batch."""
    time_steps: int = 0
    max_abs_error: dict[str, float] = field(default_factory=dict)
    """For each float output, the largest absolute error."""
    max_relative_error: dict[str, float] = field(default_factory=dict)
    """For each float output, the largest |error| / (1 + |model|), which the tolerance bounds."""
    ponder_steps_equal: int = 0
    """Time steps, counted in each layer, whose N is the model's."""
    ponder_steps_differ: int = 0
    """Those whose N differs because a running halting sum lies on the threshold, to the precision;
    all of them where the metric decides."""
    ponder_steps_wrong: int = 0
    """Those whose N differs without that excuse."""
    metric: MetricChange | None = None
    """Where the precision is not fp32 and the samples have targets."""

    @property
    def passed(self) -> bool:
        return self.samples > 0 and not self.reason()

    def reason(self) -> str:
        """Why it did not pass, in words; empty if it did."""
        reasons = []
        if self.tolerance is not None:
            reasons += [
                f"{name} is off by {self.max_abs_error[name]:.1e}, tolerance {self.tolerance:.0e}"
                for name, error in self.max_relative_error.items()
                if not error <= self.tolerance
            ]
        elif not all(map(np.isfinite, self.max_abs_error.values())):
            reasons.append("outputs are not finite")
        if self.ponder_steps_wrong:
            reasons.append(f"N differs in {self.ponder_steps_wrong} time steps")
        if self.metric is not None and not self.metric.loss <= self.metric.allowed:
            reasons.append(
                f"{self.metric.name} goes from {self.metric.model:.4g} to "
                f"{self.metric.artefact:.4g}, {self.metric.allowed:g} allowed"
            )
        return f"{', '.join(reasons)} ({self.time_steps} time steps)" if reasons else ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class MetricChange:
    """The task's metric before and after, each run on its own states."""

    name: str
    model: float
    artefact: float
    allowed: float
    """How much worse it may get."""
    time_steps: int

    @property
    def loss(self) -> float:
        return loss_of(self.name, self.model, self.artefact)


def verify(
    subject: Subject,
    interface: Interface,
    form: Form,
    runtime: Runtime,
    samples: Samples,
    *,
    time_steps: int,
    precision: str = "fp32",
    metric_tolerance: float = 0.01,
) -> Verification:
    """Compare y, the states, N and R over ``time_steps`` time steps, or all if there are fewer.

    Below fp32 the metric is compared too, over up to ``METRIC_TIME_STEPS``.
    """
    tolerance = TOLERANCE[precision]
    found = Verification(samples.source, tolerance)
    found.max_abs_error = {t.name: 0.0 for t in interface.outputs if t.name != "ponder_steps"}
    found.max_relative_error = dict(found.max_abs_error)
    for step in reference_steps(subject, interface, form, samples):
        answer = runtime.run(step.inputs)
        _check_shapes(interface, step, answer)
        _compare(found, step, answer, partial(_excused, subject, interface, form, step, tolerance))
        found.samples += form.batch
        found.time_steps += step.feed.time_steps
        if found.time_steps >= time_steps:
            break
    if precision != "fp32" and samples.judged:
        steps = max(time_steps, METRIC_TIME_STEPS)
        model = partial(call_model, subject, interface, form)
        before, count = _metric(interface, form, samples, model, steps)
        after, _ = _metric(interface, form, samples, runtime.run, steps)
        assert samples.metric is not None
        found.metric = MetricChange(samples.metric, before, after, metric_tolerance, count)
    return found


def _excused(
    subject: Subject, interface: Interface, form: Form, step: Step, tolerance: float | None
) -> npt.NDArray[np.bool_]:
    if tolerance is None:
        return np.ones(step.outputs["ponder_steps"].shape, bool)
    return on_threshold(subject, interface, form, step, tolerance)


def _metric(
    interface: Interface, form: Form, samples: Samples, call: Caller, time_steps: int
) -> tuple[float, int]:
    """The metric of whole sequences, up to so many time steps, and how many they are."""
    assert samples.metric is not None
    assert samples.targets is not None
    assert samples.asked is not None
    whole = np.cumsum([len(sequence) for sequence in samples.sequences]) <= time_steps
    count = max(int(whole.sum()), 1)
    few = replace(samples, sequences=samples.sequences[:count])
    outputs: list[list[npt.NDArray[Any]]] = [[] for _ in few.sequences]
    for step in stepped(interface, form, few, call):
        y = step.outputs["y"] if not form.stream else step.outputs["y"][:, None]
        for row, place in zip(y, step.feed.places, strict=True):
            if place.length:
                outputs[place.sequence].append(row[: place.length])
    metric = measure(
        samples.metric,
        [np.concatenate(parts) for parts in outputs],
        samples.targets[:count],
        samples.asked[:count],
    )
    return metric, sum(map(len, few.sequences))


def _check_shapes(interface: Interface, step: Step, actual: Arrays) -> None:
    for tensor in interface.outputs:
        expected, got = step.outputs[tensor.name], actual[tensor.name]
        if got.shape != expected.shape or got.dtype != expected.dtype:
            raise AssertionError(f"{tensor} came back as {got.dtype}{list(got.shape)}")


def _compare(
    found: Verification,
    step: Step,
    actual: Arrays,
    excused: Callable[[], npt.NDArray[np.bool_]],
) -> None:
    expected = step.outputs
    differ = actual["ponder_steps"] != expected["ponder_steps"]
    found.ponder_steps_equal += int((~differ).sum())
    comparable = np.ones(len(differ), bool)
    if differ.any():
        on_the_threshold = excused()
        found.ponder_steps_differ += int((differ & on_the_threshold).sum())
        found.ponder_steps_wrong += int((differ & ~on_the_threshold).sum())
        # Another N is another state: what the row computes after it cannot be compared.
        comparable = ~differ.reshape(len(differ), -1).any(1)
    for name, largest in found.max_abs_error.items():
        error = np.abs(actual[name][comparable] - expected[name][comparable])
        relative = error / (1 + np.abs(expected[name][comparable]))
        # A NaN must not be lost in a maximum.
        found.max_abs_error[name] = float(np.maximum(largest, error.max(initial=0)))
        found.max_relative_error[name] = float(
            np.maximum(found.max_relative_error[name], relative.max(initial=0))
        )
