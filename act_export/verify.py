"""artefact == model? Every call starts from the model's own state: errors are the artefact's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from act_artefact.equality import FLOOR, Agreement, Answer, Arrays
from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_artefact.metrics import loss_of
from act_export.figures import Figures, figures
from act_export.reference import Step, call_model
from act_export.runtimes import Runtime
from act_export.subject import Subject


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
    figures: Figures | None = None
    """The artefact's own results; None until they are taken."""

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
    samples: Samples,
    found: Figures,
    *,
    allowed: float,
) -> MetricChange:
    """Compare an artefact's metric with the model's over the same whole sequences.

    Args:
        found: the artefact's figures, which have the metric.
    """
    assert samples.metric is not None
    model = partial(call_model, subject, interface, form)
    before = figures(interface, form, samples.first(found.sequences), model, found.time_steps)
    assert before.metric is not None
    assert found.metric is not None
    return MetricChange(samples.metric, before.metric, found.metric, allowed, found.time_steps)


def _check_shapes(interface: Interface, step: Step, actual: Arrays) -> None:
    for tensor in interface.outputs:
        expected, got = step.outputs[tensor.name], actual[tensor.name]
        if got.shape != expected.shape or got.dtype != expected.dtype:
            raise AssertionError(f"{tensor} came back as {got.dtype}{list(got.shape)}")
