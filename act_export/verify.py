"""artefact == model? Every call starts from the model's own state: errors are the artefact's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.equality import FLOOR, Agreement, Answer, Arrays
from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_artefact.metrics import loss_of, measure
from act_export.reference import Caller, Step, call_model, stepped
from act_export.runtimes import Runtime
from act_export.subject import Subject

METRIC_TIME_STEPS = 4000
"""Time steps, at most, over which the metric is taken."""


@dataclass(frozen=True)
class MetricChange:
    """The task's metric before and after, each run on its own states."""

    name: str
    model: float
    artefact: float
    allowed: float
    """The most by which it may get worse."""
    time_steps: int

    @property
    def loss(self) -> float:
        return loss_of(self.name, self.model, self.artefact)


@dataclass(kw_only=True)
class Verification(Agreement):
    """The agreement of an artefact with its model."""

    source: str
    """The origin of the inputs, in words."""
    tolerance: float | None
    """The least of any element, over 1 + |model|; None where the metric decides."""
    samples: int = 0
    """Calls of the artefact times rows of its batch."""
    time_steps: int = 0
    metric: MetricChange | None = None
    """None in fp32, and if the samples have no targets."""

    @property
    def passed(self) -> bool:
        return not self.reason()

    def reason(self) -> str:
        """Why it did not pass, in words; empty if it did."""
        if self.tolerance is not None:
            reasons = [super().reason()]
        else:
            finite = all(map(np.isfinite, self.max_abs_error.values()))
            reasons = ["" if finite else "outputs are not finite"]
        if self.metric is not None and not self.metric.loss <= self.metric.allowed:
            reasons.append(
                f"{self.metric.name} goes from {self.metric.model:.4g} to "
                f"{self.metric.artefact:.4g}, {self.metric.allowed:g} allowed"
            )
        if not self.samples:
            reasons.append("nothing was compared")
        failed = ", ".join(filter(None, reasons))
        return f"{failed} ({self.time_steps} time steps)" if failed else ""

    def to_json(self) -> dict[str, Any]:
        value = {**asdict(self), "passed": self.passed}
        return {name: each for name, each in value.items() if not name.startswith("_")}


def verify(
    steps: Iterable[tuple[Step, Answer]],
    interface: Interface,
    runtime: Runtime,
    samples: Samples,
    precision: str = "fp32",
) -> Verification:
    """Compare y, the states, N and R in the model's calls over the samples."""
    found = Verification(source=samples.source, tolerance=FLOOR[precision])
    for step, answer in steps:
        actual = runtime.run(step.inputs)
        _check_shapes(interface, step, actual)
        found.add(answer, actual)
        found.samples += len(step.feed.places)
        found.time_steps += step.feed.time_steps
    return found


def metric_change(
    subject: Subject,
    interface: Interface,
    form: Form,
    runtime: Runtime,
    samples: Samples,
    *,
    time_steps: int,
    allowed: float,
) -> MetricChange:
    """Compare the metric of the model and of the artefact over whole sequences.

    Args:
        time_steps: of all sequences together, at least; but ``METRIC_TIME_STEPS`` if that is more.
    """
    assert samples.metric is not None
    time_steps = max(time_steps, METRIC_TIME_STEPS)
    model = partial(call_model, subject, interface, form)
    before, count = _metric(interface, form, samples, model, time_steps)
    after, _ = _metric(interface, form, samples, runtime.run, time_steps)
    return MetricChange(samples.metric, before, after, allowed, count)


def _metric(
    interface: Interface, form: Form, samples: Samples, call: Caller, time_steps: int
) -> tuple[float, int]:
    """The metric of whole sequences, up to so many time steps, and how many they are."""
    assert samples.metric is not None
    assert samples.targets is not None
    assert samples.asked is not None
    whole = np.cumsum([len(s) for s in samples.sequences]) <= time_steps
    count = max(int(whole.sum()), 1)
    few = samples.first(count)
    outputs: list[list[npt.NDArray[Any]]] = [[] for _ in few.sequences]
    for step in stepped(interface, form, few, call):
        y = step.outputs["y"] if form.time else step.outputs["y"][:, None]
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
