"""The ACT layer: a recurrent layer that ponders, over a whole batch of sequences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile.cells import CELLS, CellFactory, as_split_cell
from act_mobile.halting import parse_halting
from act_mobile.halting.policy import Budget, Halting
from act_mobile.ponder import LOOPS, PonderKind
from act_mobile.ponder.pondering import Trail
from act_mobile.recompute import recomputed
from act_mobile.sequence import Layer, Ran, loop_over_time, run_sequence
from act_mobile.state import State, described_together, initial_state


class PonderCost(NamedTuple):
    """The cost of pondering, for every time step, row and layer; 0 past a row's end."""

    steps: Tensor
    """N: (B, T, L), int32."""
    remainder: Tensor
    """The policy's second figure, for ``act`` R: (B, T, L)."""
    trails: tuple[Trail | None, ...] = ()
    """Each layer's ponder steps, (M, B, T, ...), in training where its policy leaves them; of a
    model, the last one's are its answers."""

    @property
    def cost(self) -> Tensor:
        """rho = N + R, Graves' ponder cost: (B, T, L); its gradient flows through R."""
        return self.steps + self.remainder


class ACTOutput(NamedTuple):
    """The results of an ACT layer or model."""

    output: Tensor
    """(B, T, H) from a layer, (B, T, O) from a model; 0 past a row's end from a layer."""
    state: list[State]
    """After each row's last time step: for each layer its tensors, each (B, ...)."""
    ponder: PonderCost


class ACT(nn.Module):
    """Recurrent layers with Adaptive Computation Time (Graves 2016, arXiv 1603.08983).

    ``cells[i]`` is a cell with torch's parameter names and gate order whose input has one column
    more than the layer's, the flag, last. ``halting[i]`` is the layer's halting unit, a linear
    layer whose bias starts at +1 so that training begins with few ponder steps.

    Args:
        input_size: I, features of x.
        hidden_size: H.
        cell: a name in ``CELLS``, or what makes a user's own cell from (input_size, hidden_size).
        num_layers: layers, each of which ponders by itself on the output of the one before.
        max_ponder: M, the most ponder steps a time step gets.
        epsilon: a time step ends when its halting sum reaches 1 - epsilon.
        halting: the policy, as ``HALTINGS`` in :mod:`act_mobile.halting` writes them.
    """

    kind: PonderKind
    """The kind of ponder loop: ``eager``; exporters set another before they trace."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        cell: str | CellFactory = "lstm",
        num_layers: int = 1,
        max_ponder: int = 100,
        epsilon: float = 0.01,
        halting: str = "act",
    ) -> None:
        super().__init__()
        if isinstance(cell, str) and cell not in CELLS:
            raise UserError(f"cell {cell!r} is not known: use one of {', '.join(CELLS)}")
        make = CELLS[cell] if isinstance(cell, str) else cell
        self.input_size, self.hidden_size = input_size, hidden_size
        self.input_sizes = [input_size + 1, *[hidden_size + 1] * (num_layers - 1)]
        """The input sizes of the layers' cells, the flag's column included."""
        self.policy: Halting = parse_halting(halting, max_ponder=max_ponder, epsilon=epsilon)
        self.kind = "eager"
        self.recompute: bool | int = False
        """True to train in less memory and more time (:mod:`act_mobile.recompute`); a number sets
        the time steps of its segments."""
        self.cells = nn.ModuleList(make(size, hidden_size) for size in self.input_sizes)
        units = (self.policy.module(hidden_size) for _ in range(num_layers))
        self.halting = nn.ModuleList(unit for unit in units if unit is not None)
        self.states = [
            described_together(each, hidden_size, self.policy.state) for each in self.cells
        ]
        """The description of each layer's state: its cell's, then the policy's."""
        self.observe: Callable[[int, Tensor], None] | None = None
        """Told a layer's number and the progress of its rows that run, whenever it decides about
        another ponder step; in eager calls without gradients."""

    @property
    def num_layers(self) -> int:
        return len(self.cells)

    def initial_state(self, batch: int, like: Tensor) -> list[State]:
        """The state of sequences that begin, with the dtype and device of ``like``."""
        return [initial_state(described, batch, like) for described in self.states]

    def forward(
        self,
        x: Tensor,
        state: list[State] | None = None,
        lengths: Tensor | None = None,
        budget: Budget | None = None,
    ) -> ACTOutput:
        """Run whole sequences.

        Args:
            x: (B, T, I).
            state: as a previous call returned it, to go on where that one stopped; else zero.
            lengths: (B,), time steps of each row; else every row has T.
            budget: another threshold and limit of ponder steps than the layer's own.
        """
        batch, time, _ = x.shape
        if type(time) is int and time == 0:  # a traced length is not a number yet
            raise UserError(
                "x has no time steps: give (batch, time, features) with time at least 1"
            )
        state = self.initial_state(batch, x) if state is None else state
        budget = self.policy.budget if budget is None else budget
        counts: list[int] | None = None
        order = None
        if lengths is not None:
            # Longest first, so that the rows still running are always the first ones.
            lengths, order = lengths.to(x.device).sort(descending=True, stable=True)
            x, state = x[order], [tuple(s[order] for s in layer) for layer in state]
            counts = (lengths > torch.arange(time, device=x.device)[:, None]).sum(1).tolist()

        x = x.transpose(0, 1)
        layers = []
        for layer in range(self.num_layers):
            layers.append(self._run_layer(layer, x, state[layer], budget, counts))
            x = layers[-1].outputs
        n = torch.stack([each.steps for each in layers], -1).transpose(0, 1)
        r = torch.stack([each.remainders for each in layers], -1).transpose(0, 1)
        x, final = x.transpose(0, 1), [each.state for each in layers]
        trails = tuple(each.trail and _by_row(each.trail) for each in layers)
        if order is not None:
            back = order.argsort()
            x, n, r = x[back], n[back], r[back]
            final = [tuple(s[back] for s in layer) for layer in final]
            trails = tuple(each and Trail(*(t[:, back] for t in each)) for each in trails)
        return ACTOutput(x, final, PonderCost(n, r, trails))

    def _run_layer(
        self, layer: int, x: Tensor, state: State, budget: Budget, counts: list[int] | None
    ) -> Ran:
        """Run one layer over x (T, B, I)."""
        own = self.states[layer][: len(self.states[layer]) - len(self.policy.state)]
        cell = as_split_cell(self.cells[layer], self.input_sizes[layer], own)
        module = self.halting[layer] if len(self.halting) else None
        observe = None if self.observe is None else partial(self.observe, layer)
        described = Layer(cell, self.policy, module, observe)
        projections = cell.project(x)
        time, batch = projections.shape[:2]
        if self.kind in LOOPS and not (type(time) is int and time == 1):
            return loop_over_time(described, budget, projections, state, self.kind)
        counts = [batch] * time if counts is None else counts
        if self.kind == "eager" and torch.is_grad_enabled():
            run = self.policy.training_layer() or run_sequence
            if self.recompute:
                run = recomputed(run, None if self.recompute is True else self.recompute)
            return run(described, budget, projections, state, counts)
        return run_sequence(described, budget, projections, state, counts, self.kind)

    def extra_repr(self) -> str:
        epsilon = "" if self.policy.epsilon is None else f", epsilon={self.policy.epsilon:g}"
        return (
            f"{self.input_size}, {self.hidden_size}, halting={self.policy}, "
            f"max_ponder={self.policy.max_ponder}{epsilon}"
        )


def _by_row(trail: Trail) -> Trail:
    """(M, T, B, ...) -> (M, B, T, ...)."""
    return Trail(*(each.transpose(1, 2) for each in trail))
