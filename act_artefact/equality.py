"""When an artefact computes what its model does: one definition, wherever the artefact runs.

A call is answered by the model in float64. How far float32 may be from that depends on the call:
over the time steps and ponder steps of a call, chaotic dynamics amplify rounding. So the call is
also answered by several evaluations in the artefact's precision, which round differently
(act_export.sensitivity). An element v of a tensor at a time step may be off by

    max(FACTOR x deviation, floor) x (1 + |v|)

where the deviation is the largest |evaluation - w| / (1 + |w|) over the evaluations and over the
elements w of this tensor at this time step. Evaluations count as long as their N is the model's.

N must be the model's, except from a time step on at which a running halting sum of the model lies
closer to the threshold than FACTOR x the largest deviation of that sum, or the floor. Another N is
another state: the outputs of a row whose N differs in a call are not compared.

Where the metric decides about a precision (int8, int4), an artefact is not compared with the model
but, on other machines, with what it answered where it was judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

FLOOR: dict[str, float | None] = {"fp32": 1e-5, "fp16": 5e-3, "int8": None, "int4": None}
"""The least tolerance of an element v is this times 1 + |v|, by precision; None where the metric
decides."""

FACTOR = 4.0
"""An artefact may be so many times as far off as the evaluations, which are few."""


@dataclass(frozen=True)
class Answer:
    """The answer to a call, and how far from it another may be."""

    outputs: Arrays
    """Every output by name."""
    tolerance: Arrays
    """The largest difference allowed, for each float output in its shape."""
    on_threshold: npt.NDArray[np.bool_]
    """True where N may differ; in the shape of ``ponder_steps``."""


@dataclass
class Agreement:
    """Differences between answers to calls and those expected."""

    max_abs_error: dict[str, float] = field(default_factory=dict)
    """The largest difference, by float output."""
    max_relative_error: dict[str, float] = field(default_factory=dict)
    """The largest difference over 1 + |expected|, by float output."""
    max_tolerance_share: dict[str, float] = field(default_factory=dict)
    """The largest difference over its tolerance, by float output: above 1 is wrong."""
    ponder_steps_equal: int = 0
    """Time steps, counted in each layer, whose N is the expected one."""
    ponder_steps_differ: int = 0
    """Those whose N differs where it may."""
    ponder_steps_wrong: int = 0
    """Those whose N differs where it may not."""
    compared: int = 0
    """Elements of float outputs that were compared."""
    _worst: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Difference and tolerance where the share is largest, by float output."""

    def add(self, expected: Answer, actual: Mapping[str, npt.NDArray[Any]]) -> None:
        """Compare one call."""
        differs = actual["ponder_steps"] != expected.outputs["ponder_steps"]
        self.ponder_steps_equal += int((~differs).sum())
        self.ponder_steps_differ += int((differs & expected.on_threshold).sum())
        self.ponder_steps_wrong += int((differs & ~expected.on_threshold).sum())
        same = ~differs.reshape(len(differs), -1).any(1)
        for name, tolerance in expected.tolerance.items():
            value, allowed = expected.outputs[name][same], tolerance[same]
            self._add(name, np.abs(actual[name][same] - value), 1 + np.abs(value), allowed)

    def _add(self, name: str, error: Any, size: Any, allowed: Any) -> None:
        self.compared += error.size
        for figure, values in (
            (self.max_abs_error, error),
            (self.max_relative_error, error / size),
            (self.max_tolerance_share, error / allowed),
        ):
            # A NaN must not be lost in a maximum.
            figure[name] = float(np.maximum(figure.get(name, 0.0), values.max(initial=0)))
        if error.size:
            share = np.where(np.isnan(error), np.inf, error / allowed)
            at = np.unravel_index(share.argmax(), share.shape)
            before, limit = self._worst.get(name, (0.0, 1.0))
            if not share[at] <= before / limit:
                self._worst[name] = (float(error[at]), float(allowed[at]))

    def reason(self) -> str:
        """The failures in words; empty if there are none.

        A check that compared nothing has failed.
        """
        reasons = [
            "{} is off by {:.1e}, {:.1e} allowed".format(name, *self._worst[name])
            for name, share in self.max_tolerance_share.items()
            if not share <= 1
        ]
        if self.ponder_steps_wrong:
            reasons.append(f"N differs in {self.ponder_steps_wrong} time steps")
        if not self.compared:
            reasons.append("nothing could be compared")
        return ", ".join(reasons)
