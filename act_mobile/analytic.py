"""A whole ACT layer as one autograd node: eager pondering with its gradient written out.

Small recurrent nets spend their training in autograd's bookkeeping and in allocating gradients, not
in arithmetic. Here the forward pass keeps what each ponder step needs and the backward pass walks
the ponder steps in reverse (Graves eq. 5-14 differentiated, N fixed):

    dL/dp_n = <dL/ds, s_n>,    dL/dR = dL/d(remainder) + dL/dp_N
    dL/dh_n = dL/dp_n - dL/dR  for n < N,    0 for n = N

The weights' gradients are summed in place over all ponder steps of all time steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from act_mobile.cells import AnalyticCell, State
from act_mobile.halting import Budget


def run_analytic(
    cell: AnalyticCell,
    unit: nn.Linear,
    budget: Budget,
    projections: Tensor,
    state: State,
    counts: list[int],
) -> tuple[Tensor, Tensor, Tensor, State]:
    """What :func:`act_mobile.sequence.run_sequence` returns, once differentiable.

    Args:
        projections: ``cell.project(x)``, time first: (T, B, G).
        state: each (B, H).
        counts: rows still running at each time step; they are the first ones of the batch.
    """
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
    return outputs, steps, remainders, tuple(final)


class _Visit(NamedTuple):
    """What the backward pass needs of one ponder step, for the rows that were running in it."""

    rows: Tensor | None
    """Their places in the time step's batch; None if they are all of it."""
    stayed: Tensor | None
    """Which of the rows of the ponder step before are among them; None if all."""
    before: Tensor
    """The h that the recurrent weight multiplied."""
    state: State
    saved: tuple[Tensor, ...]
    halting: Tensor
    weight: Tensor
    last: Tensor


class _Weights(NamedTuple):
    """A layer's weights, or their gradients."""

    flag: Tensor
    weight_hh: Tensor
    bias_hh: Tensor
    unit_weight: Tensor
    unit_bias: Tensor


class _Layer(Function):
    @staticmethod
    def forward(ctx: Any, cell: AnalyticCell, threshold: float, max_ponder: int, counts: list[int],
                projections: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:  # fmt: skip
        weights, state = _Weights(*tensors[:5]), tensors[5:]
        time, batch, _ = projections.shape
        outputs = projections.new_zeros(time, batch, state[0].shape[1])
        remainders = projections.new_zeros(time, batch)
        steps = remainders.to(torch.int32)
        visits: list[list[_Visit]] = []
        ended: list[State] = []
        for t, running in enumerate(counts):
            if running < len(state[0]):
                ended.append(tuple(s[running:] for s in state))
                state = tuple(s[:running] for s in state)
            means = tuple(torch.zeros_like(s) for s in state)
            visits.append(
                _ponder(cell, weights, threshold, max_ponder, projections[t, :running], state,
                        means, steps[t, :running], remainders[t, :running])
            )  # fmt: skip
            # A copy: what is kept for the backward pass must not be an output, or a view of one,
            # which would keep the node that keeps it alive.
            outputs[t, :running] = means[0]
            state = means
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
        grads = _Weights(
            d_outputs.new_zeros(ctx.shape[2]),
            torch.zeros_like(weight_hh),
            weight_hh.new_zeros(len(weight_hh)),
            torch.zeros_like(unit_weight),
            unit_weight.new_zeros(1),
        )
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
                ctx.cell, ctx.visits[t], weight_hh, unit_weight.squeeze(0), d_means,
                d_remainders[t, :running], d_projections[t, :running], grads,
                t > 0 or ctx.state_needs_grad,
            )  # fmt: skip
        d_initial: tuple[Tensor | None, ...] = (None,) * len(d_state)
        if ctx.state_needs_grad:
            d_initial = tuple(
                torch.cat([d, end[len(d) :]]) for d, end in zip(d_state, d_final, strict=True)
            )
        return None, None, None, None, d_projections, *grads, *d_initial


def _ponder(cell: AnalyticCell, weights: _Weights, threshold: float, max_ponder: int,
            projection: Tensor, state: State, means: State, steps: Tensor, remainders: Tensor
            ) -> list[_Visit]:  # fmt: skip
    """One time step; fills means, steps and remainders, which start as zeros."""
    recurrent, unit_column = weights.weight_hh.t(), weights.unit_weight.t()
    total = torch.zeros_like(remainders)
    rows = stayed = None
    inputs = projection + weights.flag
    visits = []
    for n in range(1, max_ponder + 1):
        before = state[0]
        state, saved = cell.forward_step(
            inputs, torch.addmm(weights.bias_hh, before, recurrent), state
        )
        halting = torch.addmm(weights.unit_bias, state[0], unit_column).sigmoid_().squeeze(-1)
        remainder = 1 - total
        total = total + halting
        last = ~(total < threshold) if n < max_ponder else torch.ones_like(total, dtype=torch.bool)
        weight = torch.where(last, remainder, halting)
        visits.append(_Visit(rows, stayed, before, state, saved, halting, weight, last))
        for mean, s in zip(means, state, strict=True):
            if rows is None:
                mean.addcmul_(weight.unsqueeze(-1), s)
            else:
                mean.index_add_(0, rows, weight.unsqueeze(-1) * s)
        halted = int(last.sum())
        stayed = None
        if halted == len(last) and rows is None:
            steps.fill_(n)
            remainders.copy_(remainder)
            break
        if halted:
            out = last.nonzero().squeeze(-1)
            done = out if rows is None else rows[out]
            steps[done] = n
            remainders[done] = remainder[out]
            if halted == len(last):
                break
            stayed = (~last).nonzero().squeeze(-1)
            rows = stayed if rows is None else rows[stayed]
            total, projection = total[stayed], projection[stayed]
            state = tuple(s[stayed] for s in state)
        inputs = projection
    return visits


def _ponder_backward(cell: AnalyticCell, visits: list[_Visit], weight_hh: Tensor, unit: Tensor,
                     d_means: State, d_remainder: Tensor, d_projection: Tensor, grads: _Weights,
                     state_needed: bool) -> State:  # fmt: skip
    """Fills d_projection, adds to grads, returns the gradient of the state before the time step."""
    d_left = d_remainder.clone()
    d_state: State = ()
    for n in range(len(visits) - 1, -1, -1):
        rows, stayed, before, state, saved, halting, weight, last = visits[n]
        d_mean = d_means if rows is None else tuple(d[rows] for d in d_means)
        d_weight = (d_mean[0] * state[0]).sum(-1)
        for d, s in zip(d_mean[1:], state[1:], strict=True):
            d_weight += (d * s).sum(-1)
        d_rest = d_left if rows is None else d_left[rows]
        d_rest = torch.where(last, d_rest + d_weight, d_rest)
        if rows is None:
            d_left = d_rest
        else:
            d_left[rows] = d_rest
        d_logit = torch.where(last, 0, (d_weight - d_rest) * halting * (1 - halting))
        grads.unit_weight.squeeze(0).addmv_(state[0].t(), d_logit)
        grads.unit_bias.add_(d_logit.sum())

        column = weight.unsqueeze(-1)
        if d_state:
            d_state = tuple(
                torch.addcmul(ds, d, column) for ds, d in zip(d_state, d_mean, strict=True)
            )
        else:
            d_state = tuple(d * column for d in d_mean)
        d_h = d_state[0].addcmul_(d_logit.unsqueeze(-1), unit)
        d_input, d_recurrent, d_state = cell.backward_step((d_h, *d_state[1:]), saved)
        grads.weight_hh.addmm_(d_recurrent.t(), before)
        grads.bias_hh.add_(d_recurrent.sum(0))
        if n == 0:
            grads.flag.add_(d_input.sum(0))
        if rows is None:
            d_projection.add_(d_input)
        else:
            d_projection.index_add_(0, rows, d_input)
        if n > 0 or state_needed:
            d_state = (torch.addmm(d_state[0], d_recurrent, weight_hh), *d_state[1:])
        if stayed is not None:
            d_state = tuple(
                d.new_zeros(len(visits[n - 1].last), d.shape[1]).index_copy_(0, stayed, d)
                for d in d_state
            )
    return d_state
