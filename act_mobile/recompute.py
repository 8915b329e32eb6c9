"""Training over long sequences in little memory: keep some states, recompute the rest.

The backward pass needs what each ponder step of each time step computed. Here the forward pass
keeps the state at the borders of segments only, and the backward pass runs each segment again when
it gets there (Chen et al. 2016, arXiv 1604.06174). With segments of sqrt(T) time steps, both the
states kept and the segment that is being differentiated grow with sqrt(T), for one more forward
pass in all.

Torch's own checkpoint does the same, but holds python objects for each tensor that an operation
would have saved: of a small cell as much as the tensors themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import get_device_states, set_device_states

from act_mobile.cells import WholeCell
from act_mobile.halting.policy import Budget
from act_mobile.ponder.pondering import Trail
from act_mobile.sequence import Layer, Ran, RunLayer
from act_mobile.state import State


def recomputed(run: RunLayer, segment: int | None = None) -> RunLayer:
    """Make a way to run a layer that recomputes, of one that keeps everything.

    Gradients reach the projections, the state, and the parameters of the cell and the halting unit;
    they are computed once, and cannot be differentiated themselves.

    Args:
        segment: time steps of a segment; None for about the square root of a sequence's.
    """

    def run_segments(
        layer: Layer, budget: Budget, projections: Tensor, state: State, counts: list[int]
    ) -> Ran:
        length = segment or math.isqrt(len(counts) - 1) + 1
        sequence = _Sequence(run, layer, budget, counts, length)
        parameters = [p for p in _parameters(layer) if p.requires_grad]
        flat = _Segments.apply(sequence, len(state), projections, *state, *parameters)
        return _unflatten(flat, len(state))

    return run_segments


def _parameters(layer: Layer) -> Iterator[nn.Parameter]:
    cell = layer.cell.cell if isinstance(layer.cell, WholeCell) else layer.cell
    for module in (cell, layer.module):
        if isinstance(module, nn.Module):
            yield from module.parameters()


@dataclass(frozen=True)
class _Sequence:
    """A layer's run over time, in segments."""

    run: RunLayer
    layer: Layer
    budget: Budget
    counts: list[int]
    """Rows running at each time step."""
    length: int
    """Time steps of a segment."""

    @property
    def segments(self) -> list[slice]:
        """The time steps of each segment."""
        end = len(self.counts)
        return [slice(t, min(t + self.length, end)) for t in range(0, end, self.length)]

    def run_segment(self, segment: slice, projections: Tensor, state: State) -> list[Tensor]:
        """Run a segment on its own projections as in training."""
        with torch.enable_grad():
            ran = self.run(self.layer, self.budget, projections, state, self.counts[segment])
        return _flatten(ran)

    def differentiate_segment(
        self,
        segment: slice,
        projections: Tensor,
        state: State,
        parameters: list[Tensor],
        d_ran: list[Tensor | None],
    ) -> tuple[Tensor | None, ...]:
        """Run a segment and find the gradients of its projections, its state and the parameters.

        Args:
            d_ran: the gradients of what :meth:`run_segment` returns; None for 0.

        Returns:
            None for what nothing depends on.
        """
        inputs = [each.detach().requires_grad_() for each in (projections, *state)] + parameters
        ran = self.run_segment(segment, inputs[0], tuple(inputs[1 : 1 + len(state)]))
        pairs = [
            (each, d)
            for each, d in zip(ran, d_ran, strict=True)
            if d is not None and each.requires_grad
        ]
        if not pairs:
            return (None,) * len(inputs)
        outputs, d_outputs = zip(*pairs, strict=True)
        return torch.autograd.grad(outputs, inputs, d_outputs, allow_unused=True)


class _Surroundings:
    """The state that a segment's results depend on besides its inputs: random states, autocast."""

    def __init__(self, like: Tensor) -> None:
        self.random = torch.get_rng_state()
        self.devices, self.device_states = get_device_states(like)
        self.kind = like.device.type
        self.dtype = (
            torch.get_autocast_dtype(self.kind) if torch.is_autocast_enabled(self.kind) else None
        )

    @contextmanager
    def restored(self) -> Iterator[None]:
        with (
            torch.random.fork_rng(self.devices),
            torch.autocast(self.kind, self.dtype, enabled=self.dtype is not None),
        ):
            torch.set_rng_state(self.random)
            set_device_states(self.devices, self.device_states)
            yield


class _Segments(Function):
    @staticmethod
    def forward(ctx: Any, sequence: _Sequence, states: int, projections: Tensor, *tensors: Tensor
                ) -> tuple[Tensor, ...]:  # fmt: skip
        state, parameters = tensors[:states], tensors[states:]
        projections = projections.detach()
        parts: list[list[Tensor]] = []
        borders: list[Tensor] = []
        ctx.surroundings = []
        for segment in sequence.segments:
            borders += state
            ctx.surroundings.append(_Surroundings(projections))
            # Not by a name, which would keep a segment's graph while the next one is run.
            parts.append(
                [
                    each.detach()
                    for each in sequence.run_segment(segment, projections[segment], state)
                ]
            )
            state = tuple(parts[-1][-states:])
        ctx.sequence, ctx.states = sequence, states
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(projections, *parameters, *borders)
        columns = zip(*(part[:-states] for part in parts), strict=True)
        over_time = [torch.cat(each, axis) for each, axis in zip(columns, AXES, strict=False)]
        ctx.mark_non_differentiable(over_time[1])
        return *over_time, *state

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *d_ran: Tensor | None) -> tuple[Any, ...]:
        sequence: _Sequence = ctx.sequence
        states: int = ctx.states
        d_over_time, d_state = d_ran[:-states], d_ran[-states:]
        segments = sequence.segments
        projections, *saved = ctx.saved_tensors
        parameters, borders = saved[: -states * len(segments)], saved[-states * len(segments) :]
        d_projections = torch.zeros_like(projections)
        d_parameters: list[Tensor | None] = [None] * len(parameters)
        for i in range(len(segments) - 1, -1, -1):
            with ctx.surroundings[i].restored():
                d_piece, *found = sequence.differentiate_segment(
                    segments[i],
                    projections[segments[i]],
                    tuple(borders[i * states : (i + 1) * states]),
                    parameters,
                    [*_cut(d_over_time, segments[i]), *d_state],
                )
            if d_piece is not None:
                d_projections[segments[i]] = d_piece
            d_state = tuple(found[:states])
            d_parameters = [_sum(*each) for each in zip(d_parameters, found[states:], strict=True)]
        return None, None, d_projections, *d_state, *d_parameters


def _cut(over_time: tuple[Tensor | None, ...], segment: slice) -> list[Tensor | None]:
    return [
        None if each is None else each.narrow(axis, segment.start, segment.stop - segment.start)
        for each, axis in zip(over_time, AXES, strict=False)
    ]


def _sum(total: Tensor | None, part: Tensor | None) -> Tensor | None:
    # Not in place: a gradient may be that of two parameters.
    return part if total is None else total if part is None else total + part


def _flatten(ran: Ran) -> list[Tensor]:
    return [ran.outputs, ran.steps, ran.remainders, *(ran.trail or ()), *ran.state]


def _unflatten(flat: tuple[Tensor, ...], states: int) -> Ran:
    outputs, steps, remainders, *trail = flat[:-states]
    return Ran(outputs, steps, remainders, flat[-states:], Trail(*trail) if trail else None)


AXES = (0, 0, 0, 1, 1)
"""Where time is, in what :func:`_flatten` makes, up to the state."""
