"""A whole layer with halting ``act`` as one autograd node, its gradient written out.

Small recurrent nets spend their training in autograd's bookkeeping and in allocating gradients, not
in arithmetic. Here the forward pass keeps what the backward pass needs of each ponder step, and
:mod:`act_mobile.analytic_step` differentiates each time step by hand.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from act_mobile.analytic_step import Backward, Forward, Visit, Weights
from act_mobile.cells import AnalyticCell, SplitCell
from act_mobile.halting.policy import Budget
from act_mobile.sequence import Layer, Ran, pad_rows, run_sequence
from act_mobile.state import State


def run_analytic(
    layer: Layer,
    budget: Budget,
    projections: Tensor,
    state: State,
    counts: list[int],
) -> Ran:
    """Run a layer as :func:`act_mobile.sequence.run_sequence` does, once differentiable.

    A cell that does not know its own derivative is run by that function itself.
    """
    cell, unit = layer.cell, layer.module
    if not isinstance(unit, nn.Linear) or not _is_analytic(cell):
        return run_sequence(layer, budget, projections, state, counts)
    weights = Weights(cell.flag, cell.weight_hh, cell.bias_hh, unit.weight, unit.bias)
    outputs, steps, remainders, *final = _Layer.apply(
        cell, budget, counts, projections, *weights, *state
    )
    return Ran(outputs, steps, remainders, tuple(final))


def _is_analytic(cell: SplitCell) -> TypeGuard[AnalyticCell]:
    # isinstance would compute every property of the protocol, which costs as much as a small cell.
    return hasattr(type(cell), "backward_step")


class _Layer(Function):
    @staticmethod
    def forward(ctx: Any, cell: AnalyticCell, budget: Budget, counts: list[int],
                projections: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:  # fmt: skip
        weights, state = Weights(*tensors[:5]), tensors[5:]
        forward = Forward(cell, weights, budget)
        results: list[tuple[Tensor, ...]] = []
        kept: list[Tensor | None] = []
        lengths: list[int] = []
        ended: list[State] = []
        at_rest = not state[0].count_nonzero()
        for t, running in enumerate(counts):
            if running < len(state[0]):
                ended.append(tuple(s[running:] for s in state))
                state = tuple(s[:running] for s in state)
            pondered = forward.ponder(projections[t, :running], state, at_rest and t == 0)
            state = pondered.state
            result = state[0], pondered.steps, pondered.remainder
            results.append(tuple(pad_rows(each, projections.shape[1] - running) for each in result))
            lengths.append(len(pondered.visits))
            for visit in pondered.visits:
                kept += visit.flatten()
        ctx.cell, ctx.counts, ctx.lengths, ctx.shape = cell, counts, lengths, projections.shape
        ctx.state_needs_grad = any(ctx.needs_input_grad[-len(state) :])
        # Saved, not set as attributes, so that torch's hooks of saved tensors see them.
        ctx.save_for_backward(*weights, *kept)
        # Copies: an output must not be what is kept, or a view of it.
        outputs, steps, remainders = (torch.stack(each) for each in zip(*results, strict=True))
        ctx.mark_non_differentiable(steps)
        final = (torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
        return outputs, steps, remainders, *final

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, d_outputs: Tensor, _: Any, d_remainders: Tensor, *d_final: Tensor
                 ) -> tuple[Any, ...]:  # fmt: skip
        counts: list[int] = ctx.counts
        saved = ctx.saved_tensors
        weights, kept = Weights(*saved[:5]), saved[5:]
        backward = Backward(ctx.cell, weights)
        d_projections = d_outputs.new_zeros(ctx.shape)
        d_state = tuple(d[: counts[-1]] for d in d_final)
        width, stop = len(kept) // sum(ctx.lengths), len(kept)
        for t in range(len(counts) - 1, -1, -1):
            running, start = counts[t], stop - ctx.lengths[t] * width
            visits = [
                Visit.unflatten(kept[i : i + width], len(d_final))
                for i in range(start, stop, width)
            ]
            stop = start
            if running > len(d_state[0]):
                d_state = tuple(
                    torch.cat([d, end[len(d) : running]])
                    for d, end in zip(d_state, d_final, strict=True)
                )
            d_state = backward.ponder(
                visits,
                (d_state[0] + d_outputs[t, :running], *d_state[1:]),
                d_remainders[t, :running],
                d_projections[t, :running],
                t > 0 or ctx.state_needs_grad,
            )
        d_initial: tuple[Tensor | None, ...] = (None,) * len(d_final)
        if ctx.state_needs_grad:
            d_initial = tuple(
                torch.cat([d, end[len(d) :]]) for d, end in zip(d_state, d_final, strict=True)
            )
        return None, None, None, d_projections, *backward.weights(), *d_initial
