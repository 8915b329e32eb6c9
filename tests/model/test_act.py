"""The ACT layer: kinds, pieces of a sequence, lengths, layers, halting policies."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from act_artefact.errors import UserError
from act_mobile import ACT, ACTConfig, ACTModel
from act_mobile.cells import CELLS
from act_mobile.ponder import PonderKind
from tests.model.test_gradients import OwnCell

KINDS = get_args(PonderKind)


@st.composite
def layers(draw: st.DrawFn) -> tuple[ACT, torch.Tensor]:
    """A layer that ponders unevenly, and input for it."""
    torch.manual_seed(draw(st.integers(0, 10_000)))
    act = ACT(
        draw(st.integers(1, 5)),
        draw(st.integers(1, 8)),
        cell=draw(st.sampled_from([*CELLS, OwnCell])),
        num_layers=draw(st.integers(1, 2)),
        max_ponder=draw(st.integers(1, 8)),
        epsilon=draw(st.sampled_from([0.001, 0.01, 0.2])),
    )
    with torch.no_grad():
        for unit in act.halting:
            unit.weight.mul_(8)
            unit.bias.fill_(draw(st.sampled_from([-2.0, -0.5, 1.0])))
    batch, time = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    return act.double(), torch.randn(batch, time, act.input_size, dtype=torch.float64)


def flat(out: Any) -> list[torch.Tensor]:
    states = [s for layer in out.state for s in layer]
    return [out.output, out.ponder.steps.double(), out.ponder.remainder, *states]


def same(actual: Any, expected: Any) -> None:
    torch.testing.assert_close(flat(actual), flat(expected), atol=1e-12, rtol=1e-12)


@settings(max_examples=150, deadline=None)
@given(layers())
def test_unrolled_is_eager(case: tuple[ACT, torch.Tensor]) -> None:
    act, x = case
    with torch.no_grad():
        eager = act(x)
        act.kind = "unroll"
        same(act(x), eager)


@settings(max_examples=10, deadline=None)
@given(layers())
def test_loop_is_eager(case: tuple[ACT, torch.Tensor]) -> None:
    act, x = case
    torch.compiler.reset()  # each example is another program to the operator
    with torch.no_grad():
        eager = act(x)
        act.kind = "loop"
        same(act(x), eager)


@settings(max_examples=100, deadline=None)
@given(layers())
def test_written_out_gradient_computes_the_same(case: tuple[ACT, torch.Tensor]) -> None:
    act, x = case
    lengths = torch.randint(1, x.shape[1] + 1, (len(x),))
    recorded = act(x, lengths=lengths)
    with torch.no_grad():
        same(act(x, lengths=lengths), recorded)


@settings(max_examples=60, deadline=None)
@given(layers(), st.data())
def test_pieces_of_a_sequence_give_the_whole(
    case: tuple[ACT, torch.Tensor], data: st.DataObject
) -> None:
    act, x = case
    cut = data.draw(st.integers(0, x.shape[1]))
    state, outputs = None, []
    with torch.no_grad():
        for piece in (x[:, :cut], x[:, cut:]):
            if piece.shape[1]:
                out = act(piece, state)
                state = out.state
                outputs.append(out)
        whole = act(x)
    joined = [torch.cat([flat(o)[i] for o in outputs], 1) for i in range(3)]
    torch.testing.assert_close(joined, flat(whole)[:3], atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(flat(outputs[-1])[3:], flat(whole)[3:], atol=1e-12, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(layers(), st.data())
def test_rows_of_a_batch_do_not_meet(case: tuple[ACT, torch.Tensor], data: st.DataObject) -> None:
    """Each row of a ragged batch is what it would be alone and without padding."""
    act, x = case
    time = x.shape[1]
    lengths = torch.tensor([data.draw(st.integers(1, time)) for _ in x])
    with torch.no_grad():
        out = act(x, lengths=lengths)
        for row, length in enumerate(lengths.tolist()):
            alone = act(x[row : row + 1, :length])
            mine = [t[row : row + 1, :length] for t in flat(out)[:3]]
            mine += [t[row : row + 1] for t in flat(out)[3:]]
            torch.testing.assert_close(mine, flat(alone), atol=1e-12, rtol=1e-12)
            assert not out.output[row, length:].any()
            assert not out.ponder.steps[row, length:].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cell", CELLS)
def test_fixed_halting_repeats_the_cell(cell: str, kind: PonderKind) -> None:
    act = ACT(3, 4, cell=cell, halting="fixed:3", max_ponder=5).double()
    act.kind = kind
    assert not list(act.halting)
    x = torch.randn(2, 1, 3, dtype=torch.float64)
    out = act(x)
    state = [s.new_zeros(2, 4) for s in act.initial_state(2, x)[0]]
    torch_cell = act.cells[0]
    for flag in (1.0, 0.0, 0.0):
        inputs = torch.cat([x[:, 0], torch.full((2, 1), flag, dtype=x.dtype)], 1)
        base = type(torch_cell).__mro__[2]  # torch's own cell, whose forward ours must equal
        new = base.forward(torch_cell, inputs, tuple(state) if len(state) > 1 else state[0])
        state = list(new) if isinstance(new, tuple) else [new]
    torch.testing.assert_close(out.state[0], tuple(state))
    assert out.ponder.steps.eq(3).all()
    assert out.ponder.remainder.eq(1).all()


def test_relu_that_would_overflow_past_its_halt_stays_finite() -> None:
    """A halted row is not computed again, so it cannot spoil the mean with an infinity."""
    act = ACT(1, 1, cell="rnn_relu", max_ponder=60)
    with torch.no_grad():
        for weight in act.cells[0].parameters():
            weight.fill_(50.0)
        act.halting[0].weight.fill_(0.0)
        act.halting[0].bias.fill_(5.0)
    x = torch.tensor([[[1.0]], [[2.0]]])
    for kind in KINDS:
        act.kind = kind
        out = act(x)
        assert torch.isfinite(out.output).all(), kind
        assert out.ponder.steps.flatten().tolist() == [1, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_nan_ends(kind: PonderKind) -> None:
    act = ACT(2, 3, max_ponder=50)
    act.kind = kind
    with torch.no_grad():
        out = act(torch.full((1, 1, 2), float("nan")))
    assert out.ponder.steps.item() == 1
    assert out.output.isnan().all()


def test_cost_is_graves_and_its_gradient_flows_through_the_remainder() -> None:
    act = ACT(2, 3, max_ponder=5)
    with torch.no_grad():
        act.halting[0].bias.fill_(-0.5)
    out = act(torch.randn(4, 2, 2))
    assert torch.equal(out.ponder.cost, out.ponder.steps + out.ponder.remainder)
    out.ponder.cost.sum().backward()
    assert act.halting[0].bias.grad is not None
    assert act.halting[0].bias.grad.item() < 0  # more halting, less left for the last step


def test_halting_starts_at_one() -> None:
    assert all(unit.bias.eq(1).all() for unit in ACT(2, 3, num_layers=2).halting)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": "qrnn"}, "cell 'qrnn' is not known: use one of rnn, rnn_relu, gru, lstm"),
        ({"epsilon": 1.5}, "epsilon must lie between 0 and 1, not 1.5"),
        ({"hidden_size": 0}, "hidden_size must be a whole number from 1 to 16384, not 0"),
        ({"hidden_size": True}, "hidden_size must be a whole number"),
        ({"halting": "fixed:200"}, "halting 'fixed:200' is not known"),
        ({"halting": "pondernet:2"}, "halting 'pondernet:2' is not known"),
    ],
)
def test_bad_configuration(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        ACTConfig(**{"input_size": 2, "hidden_size": 3, "output_size": 1, **change})


def test_no_time_steps() -> None:
    with pytest.raises(UserError, match="no time steps"):
        ACT(2, 3)(torch.zeros(1, 0, 2))


def test_model_with_a_vocabulary() -> None:
    model = ACTModel(ACTConfig(4, 6, 9, vocab_size=11, num_layers=2, max_ponder=4))
    out = model(torch.randint(0, 11, (3, 5)))
    assert out.output.shape == (3, 5, 9)
    assert out.ponder.steps.shape == (3, 5, 2)
    assert [len(layer) for layer in out.state] == [2, 2]
