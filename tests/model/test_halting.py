"""Halting policies: results in every kind of ponder loop, and training losses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile import ACT, ACTConfig, ACTModel, IteratedConfig, IteratedModel, Ponder, StateTensor
from act_mobile.halting import HALTINGS, parse_halting
from act_mobile.halting.fixed import FixedHalting
from act_mobile.halting.pondernet import PonderNetHalting
from act_mobile.ponder import Pondering, ponder
from act_mobile.ponder.eager import ponder_eager
from act_mobile.ponder.loop import ponder_loop
from act_mobile.ponder.unroll import ponder_unroll
from act_mobile.steps.conv_gru import ConvGRU

ADAPTIVE = ["act", "pondernet", "pondernet:0.5", "skip"]


def uneven(halting: str, cell: str = "gru", layers: int = 1, **config: Any) -> ACTModel:
    """A float64 model whose N varies, some of its units' weights being large."""
    torch.manual_seed(3)
    sizes = {"max_ponder": 4, "epsilon": 0.3, **config}
    model = ACTModel(ACTConfig(3, 5, 2, cell, layers, halting=halting, **sizes)).double()
    with torch.no_grad():
        for unit in model.act.halting:
            unit.weight.mul_(4)
            unit.bias.fill_(-0.3)
    return model


def largest(ours: Any, other: Any) -> float:
    """The largest difference of outputs, remainders and states."""
    pairs = [(ours.output, other.output), (ours.ponder.remainder, other.ponder.remainder)]
    pairs += [
        p for x, y in zip(ours.state, other.state, strict=True) for p in zip(x, y, strict=True)
    ]
    return max((a - b).abs().max().item() for a, b in pairs)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("halting", ADAPTIVE)
def test_every_kind_agrees(halting: str, cell: str, layers: int) -> None:
    model = uneven(halting, cell, layers)
    x = torch.randn(6, 12, 3).double()
    with torch.no_grad():
        eager = model(x)
        assert len(eager.ponder.steps.unique()) > 1
        for kind in ("unroll", "loop", "peeled"):
            if kind in model.act.policy.kinds:
                torch.compiler.reset()
                model.act.kind = kind
                other = model(x)
                assert torch.equal(other.ponder.steps, eager.ponder.steps)
                assert largest(other, eager) < 1e-12
    model.act.kind = "eager"
    trained = model(x)
    assert torch.equal(trained.ponder.steps, eager.ponder.steps)
    assert largest(trained, eager) < 1e-12


@pytest.mark.parametrize("halting", ADAPTIVE)
def test_rows_end_at_their_lengths(halting: str) -> None:
    model = uneven(halting)
    x, lengths = torch.randn(4, 9, 3).double(), torch.tensor([9, 2, 5, 1])
    for grad in (False, True):
        with torch.set_grad_enabled(grad):
            together = model(x, lengths=lengths)
            for row, length in enumerate(lengths.tolist()):
                alone = model(x[row : row + 1, :length])
                assert (alone.output - together.output[row, :length]).abs().max() < 1e-12
                for one, all_ in zip(alone.state[0], together.state[0], strict=True):
                    assert (one - all_[row : row + 1]).abs().max() < 1e-12


@pytest.mark.parametrize("run", [ponder_eager, ponder_loop, ponder_unroll])
def test_fixed_is_a_policy_like_others(run: Any) -> None:
    """The loops need not know that its N is known: it gives the same as the shortcut."""
    torch.manual_seed(0)
    step = ConvGRU(2, 3).double()
    constants = step.constants(torch.randn(2, 2, 4, 4).double(), torch.ones(2, 1, 4, 4).double())
    policy = FixedHalting(3)
    start = Pondering(
        step, constants, step.initial(constants), policy, policy.unit(None), policy.budget
    )
    with torch.no_grad():
        torch.compiler.reset()
        ours, shortcut = run(start), ponder(start)
    assert (ours.state[0] - shortcut.state[0]).abs().max() < 1e-12
    assert ours.steps.tolist() == shortcut.steps.tolist() == [3, 3]
    assert ours.remainder.tolist() == [1, 1]


def skip_by_hand(model: ACTModel, x: Tensor) -> tuple[Tensor, Tensor]:
    """Campos 2018, equations 4 to 8, time step by time step: outputs and N."""
    cell, unit = model.act.cells[0], model.act.halting[0]
    h, u = x.new_zeros(1, 5), x.new_ones(1, 1)
    outputs, steps = [], []
    for x_t in x.unbind(1):
        gate = torch.round(u)
        new = cell(torch.cat([x_t, x.new_ones(1, 1)], 1), h)
        h = gate * new + (1 - gate) * h
        du = torch.sigmoid(unit(h))
        u = gate * du + (1 - gate) * (u + torch.minimum(du, 1 - u))
        outputs.append(model.head(h))
        steps.append(int(gate))
    return torch.stack(outputs, 1), torch.tensor(steps)


def test_skip_is_the_papers() -> None:
    model, x = uneven("skip"), torch.randn(1, 40, 3).double()
    with torch.no_grad():
        model.act.halting[0].bias.fill_(-1.5)
        out = model(x)
        outputs, steps = skip_by_hand(model, x)
    assert out.ponder.steps[0, :, 0].tolist() == steps.tolist()
    assert 0 < steps.sum() < 40
    assert (out.output - outputs).abs().max() < 1e-12


def test_skip_pays_for_steps_straight_through() -> None:
    """The gate's gradient is u's: without it nothing would teach the unit to skip."""
    model, x = uneven("skip"), torch.randn(2, 10, 3).double()
    out = model(x)
    cost = model.act.policy.cost(out.ponder.steps, out.ponder.remainder, None)
    assert torch.equal(cost, out.ponder.steps.double())
    cost.sum().backward()
    assert model.act.halting[0].bias.grad.item() > 0  # fewer steps with a lower bias


def test_skip_carries_u_from_call_to_call() -> None:
    model, x = uneven("skip"), torch.randn(3, 12, 3).double()
    with torch.no_grad():
        whole = model(x)
        first = model(x[:, :5])
        second = model(x[:, 5:], state=first.state)
    assert (torch.cat([first.output, second.output], 1) - whole.output).abs().max() < 1e-12
    assert model.act.states[0][-1] == StateTensor("u", (1,), 1.0, "kept")


def test_pondernet_expects_its_loss() -> None:
    """Its errors are the mean over the halting distribution, its cost the KL to the prior."""
    model, x = uneven("pondernet:0.4"), torch.randn(3, 2, 3).double()
    out = model(x)
    (trail,) = out.ponder.trails
    assert trail.output.shape == (4, 3, 2, 2)
    assert (trail.weights.sum(0) - 1).abs().max() < 1e-12
    policy = model.act.policy
    square = lambda y: y.square().sum(-1)  # noqa: E731
    by_hand = sum(p * square(y) for p, y in zip(trail.weights, trail.output, strict=True))
    assert (policy.errors(out.output, trail, square) - by_hand).abs().max() < 1e-12
    prior = torch.tensor([0.4, 0.24, 0.144, 0.216]).double()
    kl = (trail.weights * (trail.weights.log() - prior.log()[:, None, None])).sum(0)
    assert (policy.cost(out.ponder.steps, out.ponder.remainder, trail) - kl).abs().max() < 1e-6


def test_pondernet_draws_n_from_its_distribution() -> None:
    model = uneven("pondernet", max_ponder=4)
    x = torch.randn(1, 1, 3).double().expand(20_000, 1, 3)
    (trail,) = model(x[:1]).ponder.trails
    assert isinstance(model.act.policy, PonderNetHalting)
    model.act.policy = model.act.policy.sampled(torch.Generator().manual_seed(0))
    with torch.no_grad():
        drawn = model(x).ponder.steps.flatten()
    share = torch.bincount(drawn, minlength=5)[1:] / len(drawn)
    assert (share - trail.weights.flatten()).abs().max() < 0.015


@pytest.mark.parametrize("halting", ADAPTIVE)
def test_an_image_filled_up_with_zeros_is_answered_alike(halting: str) -> None:
    torch.manual_seed(0)
    model = IteratedModel(IteratedConfig(3, 4, 2, 8, 8, max_ponder=5, halting=halting)).double()
    image = torch.randn(2, 3, 5, 6).double()
    filled = torch.zeros(2, 3, 8, 8).double()
    filled[:, :, :5, :6] = image
    with torch.no_grad():
        alone, within = model(image), model(filled)
    assert torch.equal(alone.ponder.steps, within.ponder.steps)
    assert (within.output[:, :5, :6] - alone.output).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ponder(nn.Linear(2, 2), 2), "step Linear: lacks combined, bounded, first"),
        (lambda: Ponder(ConvGRU(1, 1), 1, halting="skip:3"), "halting 'skip:3' is not known"),
        (lambda: IteratedConfig(1, 1, 1, 2, 2, step="gnn"), "step 'gnn' is not known: use one of"),
        (lambda: IteratedConfig(1, 1, 1, 0, 2), "height must be a whole number from 1 to 4096"),
        (lambda: ACT(2, 3, cell=WithU, halting="skip"), "state name 'u' is the halting policy's"),
    ],
)
def test_what_breaks_a_contract_is_refused(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()


class WithU(nn.Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.state = (StateTensor("h", (hidden_size,)), StateTensor("u", (1,)))


@pytest.mark.parametrize("name", HALTINGS)
def test_a_policy_is_written_as_it_is_read(name: str) -> None:
    text = HALTINGS[name].replace("K", "3").replace("[:PRIOR]", ":0.25")
    policy = parse_halting(text, max_ponder=5, epsilon=0.1)
    assert parse_halting(str(policy), max_ponder=5, epsilon=0.1) == policy
