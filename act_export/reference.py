"""What the model itself answers, call by call: what artefacts are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from act_export.interface import Interface
from act_export.program import Call, Sequence
from act_export.samples import Samples, feeds
from act_mobile.act import ACT
from act_mobile.halting import ACTHalting
from act_mobile.model import ACTModel

Arrays = dict[str, npt.NDArray[Any]]

THRESHOLD_MARGIN = 1e-5
"""N may differ only where a running halting sum lies this close to the threshold."""


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
    state = {t.name: np.zeros(t.shape, t.dtype) for t in interface.inputs if t != interface.data}
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
    call = Call(model, interface, stream=stream)
    with torch.no_grad():
        outputs = call(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def on_threshold(
    model: ACTModel, interface: Interface, step: Step, stream: bool
) -> npt.NDArray[np.bool_]:
    """Where rounding may change N: where a running halting sum lies within the margin.

    Returns:
        Shaped as ``ponder_steps``; True from such a place on, in later time steps and layers too,
        because a ponder step more or less changes what follows it.
    """
    policy = model.act.policy
    steps = step.outputs["ponder_steps"]
    near = np.zeros((len(steps), steps[0].size // steps.shape[-1], steps.shape[-1]), bool)
    if not isinstance(policy, ACTHalting):
        return near.reshape(steps.shape)
    for row in range(len(steps)):
        one = {name: value[row : row + 1] for name, value in step.inputs.items()}
        with _recorded_logits(model.act) as recorded:
            call_model(model, interface, one, stream=stream)
        for layer, logits in enumerate(recorded):
            values, start = torch.sigmoid(torch.cat(logits)).numpy(), 0
            for t, n in enumerate(steps[row].reshape(near.shape[1:])[:, layer]):
                sums = np.cumsum(values[start : start + n], dtype=np.float32)
                near[row, t, layer] = np.abs(sums - policy.threshold).min() <= THRESHOLD_MARGIN
                start += n
    after = np.logical_or.accumulate(np.logical_or.accumulate(near, axis=1), axis=2)
    return after.reshape(steps.shape)


@contextmanager
def _recorded_logits(act: ACT) -> Iterator[list[list[torch.Tensor]]]:
    """What each layer's halting unit returns in the block, in the order of the ponder steps."""
    recorded: list[list[torch.Tensor]] = [[] for _ in act.halting]

    def recorder(layer: int) -> Callable[[nn.Module, Any, torch.Tensor], None]:
        return lambda _, __, logits: recorded[layer].append(logits.flatten())

    hooks = [unit.register_forward_hook(recorder(i)) for i, unit in enumerate(act.halting)]
    try:
        yield recorded
    finally:
        for hook in hooks:
            hook.remove()
