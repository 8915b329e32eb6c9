"""A whole layer with halting ``act`` as one autograd node, its gradient written out.

Small recurrent nets spend their training in autograd's bookkeeping and in allocating gradients, not
in arithmetic. Here the forward pass keeps what each ponder step needs, and the backward pass is
Graves' eq. 5-14 differentiated, with N fixed:

    dL/dp_n = <dL/ds, s_n>,    dL/dR = dL/d(remainder) + dL/dp_N
    dL/dh_n = dL/dp_n - dL/dR  for n < N,    0 for n = N

Only the cell runs step by step. What halting adds to the gradient of the states is computed for all
ponder steps of a time step at once, and the recurrent weight's gradient for all time steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from act_mobile.cells import AnalyticCell, sigmoid_backward
from act_mobile.halting.policy import Budget
from act_mobile.sequence import Layer, Ran, run_sequence
from act_mobile.state import State


def run_analytic(
    layer: Layer, budget: Budget, projections: Tensor, state: State, counts: list[int]
) -> Ran:
    """Run a layer as :func:`act_mobile.sequence.run_sequence` does, once differentiable.

    A cell that does not know its own derivative is run by that function itself.
    """
    cell, unit = layer.cell, layer.module
    if not isinstance(cell, AnalyticCell) or unit is None:
        return run_sequence(layer, budget, projections, state, counts)
    outputs, steps, remainders, *final = _Layer.apply(
        cell,
        budget.threshold,
        budget.max_ponder,
        counts,
        projections,
        cell.flag,
        cell.weight_hh,
        cell.bias_hh,
        unit.weight,
        unit.bias,
        *state,
    )
    return Ran(outputs, steps, remainders, tuple(final))


class _Weights(NamedTuple):
    flag: Tensor
    weight_hh: Tensor
    bias_hh: Tensor
    unit_weight: Tensor
    unit_bias: Tensor


class _Visits(NamedTuple):
    """What the backward pass needs of a time step: all visits of its rows by ponder steps.

    The tensors hold the visits of the first ponder step, then those of the second, and so on. A row
    that has halted is not visited again; the others keep their order.
    """

    sizes: list[int]
    """Visits of each ponder step."""
    stayed: list[Tensor]
    """Which visits of a ponder step are followed by one of the next."""
    before: list[Tensor]
    """The h that the recurrent weight multiplied, by ponder step; no rows if there was no need."""
    saved: list[tuple[Tensor, ...]]
    """The cell's, by ponder step."""
    rows: Tensor
    halting: Tensor
    state: State
    goes_on: Tensor
    """True where the row is visited again: n < N."""
    weight: Tensor
    """p_n."""


class _Gradients(NamedTuple):
    """Sums over the time steps."""

    flag: Tensor
    unit_weight: Tensor
    unit_bias: Tensor
    recurrent: list[Tensor]
    """dL/du of each ponder step, the last one first."""
    before: list[Tensor]
    """The h that each belongs to, as far as it has rows."""


class _Layer(Function):
    @staticmethod
    def forward(ctx: Any, cell: AnalyticCell, threshold: float, max_ponder: int, counts: list[int],
                projections: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:  # fmt: skip
        weights, state = _Weights(*tensors[:5]), tensors[5:]
        time, batch, _ = projections.shape
        outputs = projections.new_zeros(time, batch, state[0].shape[1])
        remainders = projections.new_zeros(time, batch)
        steps = projections.new_zeros(time, batch, dtype=torch.int32)
        visits: list[_Visits] = []
        ended: list[State] = []
        at_rest = not state[0].any()
        for t, running in enumerate(counts):
            if running < len(state[0]):
                ended.append(tuple(s[running:] for s in state))
                state = tuple(s[:running] for s in state)
            seen, state = _ponder(
                cell, weights, threshold, max_ponder, projections[t, :running], state,
                at_rest and t == 0, steps[t, :running], remainders[t, :running],
            )  # fmt: skip
            visits.append(seen)
            # A copy: what is kept for the backward pass must not be an output, or a view of one,
            # which would keep the node that keeps it alive.
            outputs[t, :running] = state[0]
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
        ctx.cell, ctx.visits, ctx.counts, ctx.shape = cell, visits, counts, projections.shape
        ctx.state_needs_grad = any(ctx.needs_input_grad[-len(state) :])
        ctx.save_for_backward(weights.weight_hh, weights.unit_weight)
        ctx.mark_non_differentiable(steps)
        return outputs, steps, remainders, *state

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, d_outputs: Tensor, _: Any, d_remainders: Tensor, *d_final: Tensor
                 ) -> tuple[Any, ...]:  # fmt: skip
        counts: list[int] = ctx.counts
        weight_hh, unit_weight = ctx.saved_tensors
        d_projections = d_outputs.new_zeros(ctx.shape)
        d_flag, d_unit_bias = d_outputs.new_zeros(ctx.shape[2]), d_outputs.new_zeros(1)
        grads = _Gradients(d_flag, torch.zeros_like(unit_weight), d_unit_bias, [], [])
        d_state = tuple(d[: counts[-1]] for d in d_final)
        for t in range(len(counts) - 1, -1, -1):
            running = counts[t]
            if running > len(d_state[0]):
                d_state = tuple(
                    torch.cat([d, end[len(d) : running]])
                    for d, end in zip(d_state, d_final, strict=True)
                )
            d_means = (d_state[0] + d_outputs[t, :running], *d_state[1:])
            d_state = _ponder_backward(
                ctx.cell, ctx.visits[t], weight_hh, unit_weight, d_means,
                d_remainders[t, :running], d_projections[t, :running], grads,
                t > 0 or ctx.state_needs_grad,
            )  # fmt: skip
        d_recurrent, before = torch.cat(grads.recurrent), torch.cat(grads.before)
        d_weights = _Weights(
            grads.flag,
            d_recurrent[: len(before)].t() @ before,  # only the very first can lack rows
            d_recurrent.sum(0),
            grads.unit_weight,
            grads.unit_bias,
        )
        d_initial: tuple[Tensor | None, ...] = (None,) * len(d_final)
        if ctx.state_needs_grad:
            d_initial = tuple(
                torch.cat([d, end[len(d) :]]) for d, end in zip(d_state, d_final, strict=True)
            )
        return None, None, None, None, d_projections, *d_weights, *d_initial


def _ponder(cell: AnalyticCell, weights: _Weights, threshold: float, max_ponder: int,
            projection: Tensor, state: State, at_rest: bool, steps: Tensor, remainders: Tensor
            ) -> tuple[_Visits, State]:  # fmt: skip
    """One time step: its visits and its mean state; fills steps and remainders.

    Args:
        at_rest: h is 0, and so is its product with the recurrent weight.
        remainders: zeros.
    """
    recurrent_weight, unit_weight = weights.weight_hh.t(), weights.unit_weight.squeeze(0)
    means = tuple(torch.zeros_like(s) for s in state)
    rows = torch.arange(len(projection), device=projection.device)
    total = torch.zeros_like(remainders)
    inputs = projection + weights.flag
    stayed, before, saved, visits = [], [], [], []
    for n in range(1, max_ponder + 1):
        if at_rest and n == 1:
            before.append(state[0][:0])
            recurrent = weights.bias_hh.unsqueeze(0)
        else:
            before.append(state[0])
            recurrent = torch.addmm(weights.bias_hh, state[0], recurrent_weight)
        state, needed = cell.forward_step(inputs, recurrent, state)
        halting = torch.addmv(weights.unit_bias, state[0], unit_weight).sigmoid_()
        saved.append(needed)
        visits.append((rows, total, halting, *state))
        total = total + halting
        stay = (total < threshold).nonzero().view(-1)
        if n == max_ponder or not len(stay):
            break
        stayed.append(stay)
        if len(stay) < len(rows):
            rows, total, projection = (
                each.index_select(0, stay) for each in (rows, total, projection)
            )
            state = tuple(s.index_select(0, stay) for s in state)
        inputs = projection

    sizes = [len(each[0]) for each in visits]
    rows, total, halting, *states = (torch.cat(parts) for parts in zip(*visits, strict=True))
    left = 1 - total
    goes_on = total + halting < threshold
    goes_on[-sizes[-1] :] = False
    weight = torch.where(goes_on, halting, left)
    for mean, s in zip(means, states, strict=True):
        mean.index_add_(0, rows, weight.unsqueeze(-1) * s)
    steps.copy_(torch.bincount(rows))
    remainders.index_add_(0, rows, left.masked_fill_(goes_on, 0))
    seen = _Visits(sizes, stayed, before, saved, rows, halting, tuple(states), goes_on, weight)
    return seen, means


def _ponder_backward(cell: AnalyticCell, visits: _Visits, weight_hh: Tensor, unit_weight: Tensor,
                     d_means: State, d_remainder: Tensor, d_projection: Tensor, grads: _Gradients,
                     state_needed: bool) -> State:  # fmt: skip
    """Fills d_projection, adds to grads, returns what the state before gets, if that is needed."""
    sizes, stayed, before, saved, rows, halting, state, goes_on, weight = visits
    d_states = tuple(d.index_select(0, rows) for d in d_means)
    d_weight = (d_states[0] * state[0]).sum(-1)
    for d, s in zip(d_states[1:], state[1:], strict=True):
        d_weight += (d * s).sum(-1)
    d_left = d_remainder.index_add(0, rows, d_weight.masked_fill(goes_on, 0))
    d_halting = (d_weight - d_left.index_select(0, rows)) * goes_on
    d_logit = sigmoid_backward(d_halting, halting)
    grads.unit_weight.addmm_(d_logit.unsqueeze(0), state[0])
    grads.unit_bias.add_(d_logit.sum())
    for d in d_states:
        d.mul_(weight.unsqueeze(-1))
    d_states[0].addcmul_(d_logit.unsqueeze(-1), unit_weight)

    by_step = list(zip(rows.split(sizes), *(d.split(sizes) for d in d_states), strict=True))
    d_state: State = ()
    for n in range(len(sizes) - 1, -1, -1):
        step_rows, *d_now = by_step[n]
        for d, later in zip(d_now, d_state, strict=False):
            _add_rows(d, stayed[n], later)
        d_input, d_recurrent, d_h, d_rest = cell.backward_step(tuple(d_now), saved[n])
        _add_rows(d_projection, step_rows, d_input)
        grads.recurrent.append(d_recurrent)
        grads.before.append(before[n])
        if n > 0 or state_needed:
            product = d_recurrent @ weight_hh
            d_state = (product if d_h is None else product.add_(d_h), *d_rest)
    grads.flag.add_(d_input.sum(0))
    return d_state


def _add_rows(total: Tensor, rows: Tensor, part: Tensor) -> None:
    """total[rows] += part; rows rise, so that as many as there are in total are all of them."""
    if len(rows) == len(total):
        total.add_(part)
    else:
        total.index_add_(0, rows, part)
