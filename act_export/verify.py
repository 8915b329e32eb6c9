"""artefact == model? Every call starts from the model's own state: errors are the artefact's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from act_export.interface import Interface
from act_export.program import Sequence
from act_export.reference import Arrays, Step, on_threshold, reference_steps
from act_export.runtimes import Runtime
from act_export.samples import Samples
from act_mobile.model import ACTModel

TOLERANCE = {"fp32": 1e-5}
"""The largest |artefact - model| / (1 + |model|) of any output element, by precision."""


@dataclass
class Verification:
    """What comparing an artefact with its model found."""

    source: str
    tolerance: float
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
    """Those whose N differs because a running halting sum lies on the threshold, to rounding."""
    ponder_steps_wrong: int = 0
    """Those whose N differs without that excuse."""

    @property
    def passed(self) -> bool:
        within = all(e <= self.tolerance for e in self.max_relative_error.values())
        return within and not self.ponder_steps_wrong and self.samples > 0

    def reason(self) -> str:
        """Why it did not pass, in words."""
        reasons = [
            f"{name} is off by {self.max_abs_error[name]:.1e}"
            for name, error in self.max_relative_error.items()
            if not error <= self.tolerance
        ]
        if self.ponder_steps_wrong:
            reasons.append(f"N differs in {self.ponder_steps_wrong} time steps")
        return (
            f"{', '.join(reasons)} (tolerance {self.tolerance:.0e}, {self.time_steps} time steps)"
        )

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def verify(
    model: ACTModel,
    interface: Interface,
    runtime: Runtime,
    samples: Samples,
    sequence: Sequence,
    *,
    time_steps: int,
    tolerance: float,
) -> Verification:
    """Compare y, the states, N and R over ``time_steps`` time steps, or all if there are fewer."""
    found = Verification(samples.source, tolerance)
    found.max_abs_error = {t.name: 0.0 for t in interface.outputs if t.name != "ponder_steps"}
    found.max_relative_error = dict(found.max_abs_error)
    batch = interface.data.shape[0]
    for step in reference_steps(model, interface, samples, sequence):
        _compare(found, model, interface, step, runtime.run(step.inputs), sequence == "stream")
        found.samples += batch
        found.time_steps += step.time_steps
        if found.time_steps >= time_steps:
            break
    return found


def _compare(
    found: Verification,
    model: ACTModel,
    interface: Interface,
    step: Step,
    actual: Arrays,
    stream: bool,
) -> None:
    expected = step.outputs
    for tensor in interface.outputs:
        got = actual[tensor.name]
        if got.shape != tensor.shape or got.dtype != tensor.dtype:
            raise AssertionError(f"{tensor} came back as {got.dtype}{list(got.shape)}")
    differ = actual["ponder_steps"] != expected["ponder_steps"]
    found.ponder_steps_equal += int((~differ).sum())
    comparable = np.ones(len(differ), bool)
    if differ.any():
        excused = on_threshold(model, interface, step, stream)
        found.ponder_steps_differ += int((differ & excused).sum())
        found.ponder_steps_wrong += int((differ & ~excused).sum())
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
