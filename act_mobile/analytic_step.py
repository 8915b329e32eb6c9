"""A time step with halting ``act``, forwards and, its gradient written out, backwards.

The backward pass is Graves' eq. 5-14 differentiated, with N fixed:

    dL/dp_n = <dL/ds, s_n>,    dL/dR = dL/d(remainder) + dL/dp_N
    dL/dh_n = dL/dp_n - dL/dR  for n < N,    0 for n = N

A row that has halted leaves the batch; the others keep their order. None stands for the indices of
all rows: training begins with the same N everywhere, and then no row is ever picked.
"""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from act_mobile.cells import AnalyticCell, sigmoid_backward
from act_mobile.halting.policy import Budget
from act_mobile.state import State

PRODUCT_ROWS = 1024
"""Rows of one product for the recurrent weight's gradient: with fewer it spends its time on the
weight, with more the rows gathered for it take memory."""


class Weights(NamedTuple):
    flag: Tensor
    """(G,)."""
    weight_hh: Tensor
    """(G, H)."""
    bias_hh: Tensor
    """(G,)."""
    unit_weight: Tensor
    """(1, H)."""
    unit_bias: Tensor
    """(1,)."""


class Visit(NamedTuple):
    """A ponder step, of the rows that take it, as the backward pass needs it."""

    rows: Tensor | None
    """The time step's rows that it visits."""
    stay: Tensor | None
    """Which visits the next ponder step follows, where there is one."""
    halting: Tensor
    """h_n."""
    weight: Tensor | None
    """p_n; None if this is the time step's only ponder step, whose weight is 1."""
    before: Tensor | None
    """The h that the recurrent weight multiplied; None if it was 0."""
    state: State
    saved: tuple[Tensor, ...]
    """The cell's."""

    def flatten(self) -> tuple[Tensor | None, ...]:
        return (*self[:5], *self.state, *self.saved)

    @classmethod
    def unflatten(cls, tensors: tuple[Any, ...], states: int) -> Self:
        """Undo :meth:`flatten` for a state of so many tensors."""
        rows, stay, halting, weight, before = tensors[:5]
        state, saved = tensors[5 : 5 + states], tensors[5 + states :]
        return cls(rows, stay, halting, weight, before, state, saved)


class Pondered(NamedTuple):
    """The results of a time step."""

    visits: list[Visit]
    state: State
    steps: Tensor
    remainder: Tensor


class Forward:
    """The forward pass, a time step at a time."""

    def __init__(self, cell: AnalyticCell, weights: Weights, budget: Budget) -> None:
        self.cell = cell
        self.threshold, self.max_ponder = float(budget.threshold), int(budget.max_ponder)
        self.flag, self.bias_hh, self.unit_bias = weights.flag, weights.bias_hh, weights.unit_bias
        self.recurrent_weight, self.unit_weight = weights.weight_hh.t(), weights.unit_weight[0]

    def ponder(self, projection: Tensor, state: State, at_rest: bool) -> Pondered:
        """Run a time step.

        Args:
            at_rest: h is 0, and so is its product with the recurrent weight.
        """
        steps = projection.new_ones(len(projection), dtype=torch.int32)
        remainder = projection.new_ones(len(projection))
        inputs, means = projection + self.flag, state
        rows: Tensor | None = None
        total: Tensor | None = None
        visits: list[Visit] = []
        for n in count(1):
            if at_rest and n == 1:
                before, recurrent = None, self.bias_hh.unsqueeze(0)
            else:
                before = state[0]
                recurrent = torch.addmm(self.bias_hh, before, self.recurrent_weight)
            state, saved = self.cell.forward_step(inputs, recurrent, state)
            # Not addmv, which returns a row where there is none.
            halting = torch.mv(state[0], self.unit_weight).add_(self.unit_bias).sigmoid_()
            left, total = (None, halting) if total is None else (1 - total, total + halting)
            if rows is not None and left is not None:
                remainder.index_copy_(0, rows, left)
                steps.index_fill_(0, rows, n)
            elif left is not None:
                remainder, steps = left, steps.fill_(n)

            running = total < self.threshold
            stay = running.nonzero().view(-1)
            going_on = len(stay) if n < self.max_ponder else 0
            leaving = 0 < going_on < len(halting)
            weight = halting if going_on else left
            if leaving:
                weight = torch.where(running, halting, 1.0 if left is None else left)
            visits.append(
                Visit(rows, stay if leaving else None, halting, weight, before, state, saved)
            )
            weighted = state if weight is None else tuple(weight.unsqueeze(-1) * s for s in state)
            if n == 1:
                means = weighted
            else:
                for mean, part in zip(means, weighted, strict=True):
                    _add_rows(mean, rows, part)
            if not going_on:
                break
            if leaving:
                rows = stay if rows is None else rows[stay]
                total, projection = total[stay], projection[stay]
                state = tuple(s[stay] for s in state)
            inputs = projection
        return Pondered(visits, means, steps, remainder)


class Backward:
    """The backward pass, a time step at a time, the last one first; sums the weights' gradients."""

    def __init__(self, cell: AnalyticCell, weights: Weights) -> None:
        self.cell, self.weight_hh = cell, weights.weight_hh
        self.unit_weight = weights.unit_weight[0]
        self.d_flag, self.d_bias_hh, self.d_unit_weight, self.d_unit_bias = map(
            torch.zeros_like,
            (weights.flag, weights.bias_hh, weights.unit_weight, weights.unit_bias),
        )
        self.d_weight_hh: Tensor | None = None
        self.gathered: list[tuple[Tensor, Tensor]] = []
        """dL/du and h of ponder steps, whose products are not in d_weight_hh yet."""
        self.gathered_rows = 0

    def weights(self) -> Weights:
        """The gradients of the weights."""
        self._multiply()
        d_weight_hh = self.d_weight_hh
        return Weights(
            self.d_flag,
            torch.zeros_like(self.weight_hh) if d_weight_hh is None else d_weight_hh,
            self.d_bias_hh,
            self.d_unit_weight,
            self.d_unit_bias,
        )

    def ponder(
        self,
        visits: list[Visit],
        d_means: State,
        d_remainder: Tensor,
        d_projection: Tensor,
        state_needed: bool,
    ) -> State:
        """Go back through a time step.

        Args:
            d_projection: zeros, to which the projection's gradient is added.
            state_needed: whether to return the gradient of the state before; else of none.
        """
        d_left: Tensor | None = None
        d_state: State = ()
        for n, visit in reversed(list(enumerate(visits))):
            rows, stay, weight = visit.rows, visit.stay, visit.weight
            d_now = tuple(_pick(d, rows) for d in d_means)
            if weight is not None:
                d_weight = _dot(d_now, visit.state)
                d_now = tuple(d * weight.unsqueeze(-1) for d in d_now)
                if d_left is None:
                    d_left = d_weight + _pick(d_remainder, rows)
                else:
                    if stay is None:
                        d_halting = d_weight - d_left
                    else:
                        d_halting = torch.zeros_like(d_weight)
                        d_halting[stay] = d_weight[stay] - d_left
                        d_left = (d_weight + _pick(d_remainder, rows)).index_copy_(0, stay, d_left)
                    d_logit = sigmoid_backward(d_halting, visit.halting)
                    self.d_unit_weight.addmm_(d_logit.unsqueeze(0), visit.state[0])
                    self.d_unit_bias.add_(d_logit.sum())
                    d_now[0].addcmul_(d_logit.unsqueeze(-1), self.unit_weight)
            for d, later in zip(d_now, d_state, strict=False):
                _add_rows(d, stay, later)
            step = self.cell.backward_step(d_now, visit.saved)
            _add_rows(d_projection, rows, step.projection)
            self._gather(step.recurrent, visit.before)
            if n > 0 or state_needed:
                d_h = step.recurrent @ self.weight_hh
                d_state = (d_h if step.h is None else d_h.add_(step.h), *step.rest)
        self.d_flag.add_(step.projection.sum(0))
        return d_state

    def _gather(self, d_recurrent: Tensor, before: Tensor | None) -> None:
        if before is None:
            self.d_bias_hh.add_(d_recurrent.sum(0))
            return
        self.gathered.append((d_recurrent, before))
        self.gathered_rows += len(before)
        if self.gathered_rows >= PRODUCT_ROWS:
            self._multiply()

    def _multiply(self) -> None:
        if not self.gathered:
            return
        d_recurrent, before = (
            parts[0] if len(parts) == 1 else torch.cat(parts)
            for parts in zip(*self.gathered, strict=True)
        )
        self.gathered, self.gathered_rows = [], 0
        self.d_bias_hh.add_(d_recurrent.sum(0))
        if self.d_weight_hh is None:
            self.d_weight_hh = d_recurrent.t() @ before
        else:
            self.d_weight_hh.addmm_(d_recurrent.t(), before)


def _dot(some: State, others: State) -> Tensor:
    """Sum the products of two states, row by row."""
    first, *more = ((a * b).sum(-1) for a, b in zip(some, others, strict=True))
    return sum(more, first)


def _pick(values: Tensor, rows: Tensor | None) -> Tensor:
    return values if rows is None else values.index_select(0, rows)


def _add_rows(total: Tensor, rows: Tensor | None, part: Tensor) -> None:
    if rows is None:
        total.add_(part)
    else:
        total.index_add_(0, rows, part)
