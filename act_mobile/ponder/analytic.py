"""The eager ponder loop with its gradient written out, for the cells that ship with the project.

Small recurrent nets spend their training in autograd's bookkeeping, not in arithmetic. Here one
time step is one autograd node: the forward pass keeps what each ponder step needs, the backward
pass walks them in reverse (Graves eq. 5-14 differentiated, N fixed):

    dL/dp_n = <dL/ds, s_n>,    dL/dR = dL/d(remainder) + dL/dp_N
    dL/dh_n = dL/dp_n - dL/dR  for n < N,    0 for n = N

and the recurrent weight's gradient is one product over all ponder steps, not one per step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from act_mobile.cells import AnalyticCell, State
from act_mobile.ponder.step import Pondered, TimeStep


def ponder_analytic(step: TimeStep, unit: nn.Linear, cell: AnalyticCell) -> Pondered:
    """:func:`~act_mobile.ponder.eager.ponder_eager` for an ``AnalyticCell``; once differentiable."""
    steps, remainder, *state = _Ponder.apply(
        cell,
        step.threshold,
        step.max_ponder,
        step.projection,
        cell.flag,
        cell.weight_hh,
        cell.bias_hh,
        unit.weight,
        unit.bias,
        *step.state,
    )
    return Pondered(tuple(state), steps, remainder)


class _Visit(NamedTuple):
    """What the backward pass needs of one ponder step, for the rows still running in it."""

    rows: Tensor | None
    """Their places in the batch; None if all are running."""
    stayed: Tensor | None
    """Which of the rows running in the step before are still running; None if all."""
    before: Tensor
    """h that the recurrent weight multiplied."""
    state: State
    saved: tuple[Tensor, ...]
    halting: Tensor
    weight: Tensor
    last: Tensor


class _Ponder(Function):
    @staticmethod
    def forward(ctx: Any, cell: AnalyticCell, threshold: float, max_ponder: int, projection: Tensor,
                flag: Tensor, weight_hh: Tensor, bias_hh: Tensor, unit_weight: Tensor,
                unit_bias: Tensor, *state: Tensor) -> tuple[Tensor, ...]:  # fmt: skip
        batch = len(projection)
        total = projection.new_zeros(batch)
        means = tuple(torch.zeros_like(s) for s in state)
        steps, remainders = total.to(torch.int32), torch.ones_like(total)
        recurrent, unit_column = weight_hh.t(), unit_weight.t()
        rows = stayed = None
        inputs = projection + flag
        visits: list[_Visit] = []
        for n in range(1, max_ponder + 1):
            before = state[0]
            state, saved = cell.forward_step(inputs, torch.addmm(bias_hh, before, recurrent), state)
            halting = torch.addmm(unit_bias, state[0], unit_column).sigmoid_().squeeze(-1)
            remainder = 1 - total
            total = total + halting
            last = total >= threshold if n < max_ponder else torch.ones_like(total, dtype=torch.bool)
            weight = torch.where(last, remainder, halting)
            visits.append(_Visit(rows, stayed, before, state, saved, halting, weight, last))
            if rows is None:
                for mean, s in zip(means, state, strict=True):
                    mean.addcmul_(weight.unsqueeze(-1), s)
            else:
                for mean, s in zip(means, state, strict=True):
                    mean.index_add_(0, rows, weight.unsqueeze(-1) * s)
            halted = int(last.sum())
            if halted == len(last) and rows is None:
                steps.fill_(n)
                remainders = remainder
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
            else:
                stayed = None
            inputs = projection
        ctx.cell, ctx.visits, ctx.batch = cell, visits, batch
        ctx.save_for_backward(weight_hh, unit_weight)
        ctx.mark_non_differentiable(steps)
        return steps, remainders, *means

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, _: Any, d_remainder: Tensor, *d_means: Tensor) -> tuple[Any, ...]:
        cell: AnalyticCell = ctx.cell
        visits: list[_Visit] = ctx.visits
        weight_hh, unit_weight = ctx.saved_tensors
        unit = unit_weight.squeeze(0)
        d_left = d_remainder.clone()
        d_projection: Tensor | None = None
        d_state: State | None = None
        d_recurrents, d_logits = [], []
        for visit in reversed(visits):
            rows = visit.rows
            d_mean = d_means if rows is None else tuple(d[rows] for d in d_means)
            d_weight = sum((d * s).sum(-1) for d, s in zip(d_mean, visit.state, strict=True))
            d_halted = d_left if rows is None else d_left[rows]
            d_halted = torch.where(visit.last, d_halted + d_weight, d_halted)
            if rows is None:
                d_left = d_halted
            else:
                d_left[rows] = d_halted
            d_halting = torch.where(visit.last, 0, d_weight - d_halted)
            d_logit = d_halting * visit.halting * (1 - visit.halting)
            d_logits.append(d_logit)

            scale = visit.weight.unsqueeze(-1)
            if d_state is None:
                d_state = tuple(d * scale for d in d_mean)
            else:
                d_state = tuple(
                    torch.addcmul(ds, d, scale) for ds, d in zip(d_state, d_mean, strict=True)
                )
            d_h = torch.addcmul(d_state[0], d_logit.unsqueeze(-1), unit)
            d_input, d_recurrent, d_state = cell.backward_step((d_h, *d_state[1:]), visit.saved)
            d_recurrents.append(d_recurrent)
            d_state = (torch.addmm(d_state[0], d_recurrent, weight_hh), *d_state[1:])

            if d_projection is None and rows is None:
                d_projection = d_input
            else:
                if d_projection is None:
                    d_projection = d_input.new_zeros(ctx.batch, d_input.shape[1])
                if rows is None:
                    d_projection = d_projection + d_input
                else:
                    d_projection.index_add_(0, rows, d_input)
            if visit.stayed is not None:
                previous = visits[len(visits) - len(d_logits) - 1]
                d_state = tuple(
                    d.new_zeros(len(previous.last), d.shape[1]).index_copy_(0, visit.stayed, d)
                    for d in d_state
                )

        d_recurrent, d_logit = torch.cat(d_recurrents), torch.cat(d_logits)
        before = torch.cat([visit.before for visit in reversed(visits)])
        hidden = torch.cat([visit.state[0] for visit in reversed(visits)])
        return (
            None,
            None,
            None,
            d_projection,
            d_input.sum(0),
            d_recurrent.t() @ before,
            d_recurrent.sum(0),
            (d_logit @ hidden).unsqueeze(0),
            d_logit.sum().unsqueeze(0),
            *d_state,  # type: ignore[misc]
        )
