"""artefact == model? Every call from the model's own state, so that an error is the artefact's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from act_export.interface import Interface
from act_export.program import Sequence, by_layer
from act_export.runtimes import Runtime
from act_export.samples import Samples, feeds
from act_mobile.act import ACT
from act_mobile.halting import ACTHalting
from act_mobile.model import ACTModel

Arrays = dict[str, npt.NDArray[Any]]

TOLERANCE = {"fp32": 1e-5}
"""The largest |artefact - model| / (1 + |model|) of any output element, by precision."""

THRESHOLD_MARGIN = 1e-5
"""N may differ only where a running halting sum lies this close to the threshold."""


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
        return f"{', '.join(reasons)} (tolerance {self.tolerance:.0e}, {self.time_steps} time steps)"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Step:
    """One call: what goes in and what the model answers, by tensor name."""

    inputs: Arrays
    outputs: Arrays
    time_steps: int
    """Of all rows together, without padding."""


def reference_steps(
    model: ACTModel, interface: Interface, samples: Samples, sequence: Sequence
) -> Iterator[Step]:
    """Run the model itself, eagerly, over the samples, call by call."""
    time = None if sequence == "stream" else sequence
    state = {
        t.name: np.zeros(t.shape, t.dtype) for t in interface.inputs if t != interface.data
    }
    initial = {pair.input: pair.initial for pair in interface.states}
    for feed in feeds(samples, interface, time):
        for name, value in state.items():
            value[feed.fresh] = initial[name]
        inputs = {interface.data.name: feed.inputs, **{k: v.copy() for k, v in state.items()}}
        outputs = call_model(model, interface, inputs, stream=time is None)
        yield Step(inputs, outputs, feed.time_steps)
        state = {pair.input: outputs[pair.output].copy() for pair in interface.states}


def call_model(model: ACTModel, interface: Interface, inputs: Arrays, *, stream: bool) -> Arrays:
    """The model's own answer to one call."""
    x, *states = (torch.from_numpy(inputs[t.name]) for t in interface.inputs)
    with torch.no_grad():
        out = model(x.unsqueeze(1) if stream else x, by_layer(model.act, states))
    over_time = (out.output, out.ponder.steps, out.ponder.remainder)
    tensors = [t.squeeze(1) if stream else t for t in over_time]
    tensors += [s for layer in out.state for s in layer]
    return {t.name: v.numpy() for t, v in zip(interface.outputs, tensors, strict=True)}


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
    """Compare y, the states, N and R over at least ``time_steps`` time steps, if there are as many."""
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
        excused = _on_threshold(model, interface, step, stream)
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


def _on_threshold(
    model: ACTModel, interface: Interface, step: Step, stream: bool
) -> npt.NDArray[np.bool_]:
    """Where N may differ: shaped as N, True from the first time step of a row and layer onwards
    in which a running halting sum is within the margin of the threshold."""
    policy = model.act.policy
    steps = step.outputs["ponder_steps"]
    near = np.zeros(steps.shape, bool)
    if not isinstance(policy, ACTHalting):
        return near
    for row in range(len(steps)):
        one = {name: value[row : row + 1] for name, value in step.inputs.items()}
        row_steps = steps[row : row + 1].reshape(-1, steps.shape[-1])  # (T, L)
        for layer, values in enumerate(_halting_values(model.act, lambda: call_model(
            model, interface, one, stream=stream
        ))):
            start = 0
            for t, n in enumerate(row_steps[:, layer]):
                sums = np.cumsum(values[start : start + n], dtype=np.float32)
                close = np.abs(sums - policy.threshold).min() <= THRESHOLD_MARGIN
                near[row].reshape(row_steps.shape)[t, layer] = close
                start += n
    # A step more or less anywhere changes what follows it: in later layers and later time steps.
    flat = near.reshape(len(near), -1, steps.shape[-1])
    after = np.logical_or.accumulate(np.logical_or.accumulate(flat, axis=1), axis=2)
    return after.reshape(near.shape)


def _halting_values(act: ACT, run: Any) -> list[npt.NDArray[np.float32]]:
    """The values of each layer's halting unit, in the order of the ponder steps of one row."""
    values: list[list[torch.Tensor]] = [[] for _ in act.halting]

    def recorder(layer: int) -> Any:
        def record(_: nn.Module, __: Any, logits: torch.Tensor) -> None:
            values[layer].append(torch.sigmoid(logits).flatten())

        return record

    hooks = [unit.register_forward_hook(recorder(i)) for i, unit in enumerate(act.halting)]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return [torch.cat(layer).numpy() for layer in values]
