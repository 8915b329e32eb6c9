"""Gradients equal Graves' formula: N fixed, through R and p; for every cell and a user's own."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch
from torch import nn

from act_mobile import ACT
from act_mobile.cells import CELLS


class OwnCell(nn.Module):
    """A user's cell that knows nothing of ours: a minimal gated unit."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.gates = nn.Linear(input_size + hidden_size, 2 * hidden_size)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        keep, new = self.gates(torch.cat([x, h], -1)).chunk(2, -1)
        return torch.lerp(h, torch.tanh(new), torch.sigmoid(keep))


def pondering(cell: Any, num_layers: int = 1) -> ACT:
    """A layer in float64 whose N varies from row to row and from time step to time step."""
    torch.manual_seed(3)
    act = ACT(3, 4, cell=cell, num_layers=num_layers, max_ponder=6).double()
    with torch.no_grad():
        for unit in act.halting:
            unit.weight.mul_(6)
            unit.bias.fill_(-0.7)
        for cell_ in act.cells:
            for weight in cell_.parameters():
                weight.mul_(2)
    return act


def every_output(act: ACT, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
    out = act(x, lengths=lengths)
    states = [s for layer in out.state for s in layer]
    return torch.cat([t.flatten() for t in (out.output, out.ponder.cost, *states)])


@pytest.mark.parametrize("cell", [*CELLS, OwnCell], ids=[*CELLS, "own"])
def test_gradcheck_where_every_row_halts_at_once(cell: Any) -> None:
    act = pondering(cell)
    with torch.no_grad():
        act.halting[0].bias.fill_(9.0)
    x = torch.randn(3, 2, 3, dtype=torch.float64, requires_grad=True)
    assert act(x).ponder.steps.eq(1).all()
    torch.autograd.gradcheck(lambda x, *_: every_output(act, x), (x, *act.parameters()))


@pytest.mark.parametrize(
    "lengths",
    [None, [3, 1, 2, 3, 2], [2, 1, 2, 1, 2]],
    ids=["whole", "ragged", "all end early"],
)
@pytest.mark.parametrize("cell", [*CELLS, OwnCell], ids=[*CELLS, "own"])
def test_gradcheck(cell: Any, lengths: list[int] | None) -> None:
    act = pondering(cell)
    x = torch.randn(5, 3, 3, dtype=torch.float64, requires_grad=True)
    rows = None if lengths is None else torch.tensor(lengths)
    steps = act(x, lengths=rows).ponder.steps
    assert steps.unique().numel() >= 3, "the case must ponder unevenly to test anything"
    names, weights = zip(*act.named_parameters(), strict=True)

    def outputs(x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        for name, weight in zip(names, weights, strict=True):
            module, _, leaf = name.rpartition(".")
            owner = act.get_submodule(module)
            del owner._parameters[leaf]
            setattr(owner, leaf, weight)
        out = every_output(act, x, rows)
        for name, weight in zip(names, originals, strict=True):
            module, _, leaf = name.rpartition(".")
            owner = act.get_submodule(module)
            delattr(owner, leaf)
            setattr(owner, leaf, weight)
        return out

    originals = list(weights)
    assert torch.autograd.gradcheck(outputs, (x, *weights), fast_mode=False)


@pytest.mark.parametrize("cell", CELLS)
def test_written_out_gradient_is_autograds(cell: str) -> None:
    """The analytic path against autograd through the unrolled form."""
    act = pondering(cell, num_layers=2)
    x = torch.randn(5, 3, 3, dtype=torch.float64)
    gradients = []
    for kind in ("eager", "unroll"):
        act.kind = kind  # type: ignore[assignment]
        act.zero_grad()
        every_output(act, x).square().sum().backward()
        gradients.append([p.grad.clone() for p in act.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(list(act.parameters()))
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_outlives_an_update(cell: str) -> None:
    """Tensors that the forward pass keeps for the backward pass are released with the output."""
    act = pondering(cell, num_layers=2)
    x = torch.randn(5, 3, 3, dtype=torch.float64)
    for _ in range(2):
        every_output(act, x).sum().backward()
    gc.collect()
    before = sum(isinstance(each, torch.Tensor) for each in gc.get_objects())
    for _ in range(5):
        every_output(act, x).sum().backward()
    gc.collect()
    assert sum(isinstance(each, torch.Tensor) for each in gc.get_objects()) == before
