"""Training with recomputation: the same gradients as without, from much less that is kept."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from act_mobile import ACT
from act_mobile.cells import CELLS


class OwnCell(nn.Module):
    """A user's cell with dropout, so that running it again must draw the same numbers."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gates = nn.Linear(input_size + hidden_size, 2 * hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        joined = nn.functional.dropout(torch.cat([x, h], -1), 0.2)
        keep, new = self.gates(joined).chunk(2, -1)
        return torch.lerp(h, torch.tanh(new), torch.sigmoid(keep))


def pondering(cell: Any, halting: str = "act", dtype: torch.dtype = torch.float64) -> ACT:
    """Two layers whose N varies from row to row and from time step to time step."""
    torch.manual_seed(3)
    act = ACT(3, 4, cell=cell, num_layers=2, max_ponder=6, halting=halting).to(dtype)
    with torch.no_grad():
        for weight in [*act.cells.parameters(), *act.halting.parameters()]:
            weight.mul_(3)
        for unit in act.halting:
            if isinstance(unit, nn.Linear):
                unit.bias.fill_(-0.7)
    return act


def gradients(act: ACT, x: Tensor, state: Any, lengths: Tensor | None) -> list[Tensor]:
    """The gradients of parameters, inputs and the first state, of a loss that reads everything."""
    torch.manual_seed(5)
    out = act(x, state, lengths)
    results = [out.output, out.ponder.cost, *(s for layer in out.state for s in layer)]
    results += [t for trail in out.ponder.trails if trail is not None for t in trail]
    loss = sum((r * torch.randn_like(r)).mean() + r.square().mean() for r in results)
    assert isinstance(loss, Tensor)
    wanted = [x, *act.parameters(), *(s for layer in state or [] for s in layer)]
    return list(torch.autograd.grad(loss, wanted))


@pytest.mark.parametrize("lengths", [None, [3, 11, 2, 7, 9]], ids=["whole", "ragged"])
@pytest.mark.parametrize("recompute", [True, 1, 5, 100])
@pytest.mark.parametrize("cell", [*CELLS, OwnCell], ids=[*CELLS, "own"])
def test_gradients_are_those_of_the_plain_run(
    cell: Any, recompute: bool | int, lengths: list[int] | None
) -> None:
    act = pondering(cell)
    x = torch.randn(5, 11, 3, dtype=torch.float64, requires_grad=True)
    rows = None if lengths is None else torch.tensor(lengths)
    assert act(x, lengths=rows).ponder.steps.unique().numel() >= 3
    state = [tuple(torch.randn_like(s) for s in layer) for layer in act.initial_state(5, x)]
    state = [tuple(s.requires_grad_() for s in layer) for layer in state]
    plain = gradients(act, x, state, rows)
    act.recompute = recompute
    assert_equal(gradients(act, x, state, rows), plain, 1e-12)


@pytest.mark.parametrize("halting", ["act", "fixed:3", "pondernet", "skip"])
def test_gradients_of_each_policy(halting: str) -> None:
    act = pondering("gru", halting)
    x = torch.randn(5, 11, 3, dtype=torch.float64, requires_grad=True)
    plain = gradients(act, x, None, torch.tensor([3, 10, 2, 7, 9]))
    act.recompute = True
    assert_equal(gradients(act, x, None, torch.tensor([3, 10, 2, 7, 9])), plain, 1e-12)


@pytest.mark.parametrize("cell", ["gru", OwnCell], ids=["gru", "own"])
def test_gradients_in_single_precision(cell: Any) -> None:
    act = pondering(cell, dtype=torch.float32)
    x = torch.randn(5, 40, 3, requires_grad=True)
    plain = gradients(act, x, None, None)
    act.recompute = True
    assert_equal(gradients(act, x, None, None), plain, 1e-6)


def assert_equal(found: list[Tensor], wanted: list[Tensor], tolerance: float) -> None:
    """|found - wanted| at most tolerance (1 + |wanted|)."""
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("cell", ["gru", OwnCell], ids=["gru", "own"])
def test_keeps_a_fraction(cell: Any) -> None:
    act = pondering(cell)
    x = torch.randn(5, 100, 3, dtype=torch.float64)
    plain = kept_bytes(act, x)
    act.recompute = True
    assert kept_bytes(act, x) < plain / 3


def kept_bytes(act: ACT, x: Tensor) -> int:
    """The size of what the forward pass has kept when it ends, each tensor once."""
    saved: list[weakref.ref[Tensor]] = []

    def keep(tensor: Tensor) -> Tensor:
        tensor = tensor.detach()  # or an output that is saved would keep itself alive
        saved.append(weakref.ref(tensor))
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        out = act(x)
    kept = [tensor.untyped_storage() for each in saved if (tensor := each()) is not None]
    assert out.output.requires_grad
    return sum({storage.data_ptr(): storage.nbytes() for storage in kept}.values())


def test_frozen_parameters_get_no_gradient() -> None:
    act = pondering("gru")
    act.halting.requires_grad_(False)
    act.recompute = True
    act(torch.randn(2, 9, 3, dtype=torch.float64)).output.sum().backward()
    assert all(p.grad is None for p in act.halting.parameters())
    assert all(p.grad is not None for p in act.cells.parameters())


def test_evaluation_is_the_plain_run() -> None:
    act = pondering("gru")
    x = torch.randn(2, 9, 3, dtype=torch.float64)
    plain = act(x).output
    act.recompute = True
    torch.testing.assert_close(act(x).output, plain, atol=0, rtol=0)
    with torch.no_grad():
        torch.testing.assert_close(act(x).output, plain)
