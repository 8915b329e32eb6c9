"""Every halting policy of the engine beside a plain evaluation, with every kind of kernels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_engine import ActError, Context, Model
from act_export.targets.native.description import CellKind, Network
from tests.native.conftest import built
from tests.native.engine import STATUS, Engine, load
from tests.native.evaluation import evaluate
from tests.native.small import contents, network
from tests.native.test_export_models import KERNELS, with_kernels

POLICIES = ("fixed", "act", "pondernet", "skip")
"""In the order of their numbers."""

V1 = Path(__file__).parents[1] / "golden" / "actn"


def halting(name: str, cell: CellKind = "lstm", **sizes: Any) -> Network:
    """A network of two layers that halts unevenly."""
    number = POLICIES.index(name)
    own: dict[str, Any] = {"max_ponder": 1, "threshold": 0.5} if name == "skip" else {}
    made = network(cell, halting=number, **{"layers": 2, "hidden": 20, **own, **sizes})
    if name != "skip":
        return made
    # Smaller units, so that there are runs of time steps without an update.
    layers = [
        replace(each, unit=replace(each.unit, weight=each.unit.weight / 8, bias=np.full(1, -1.5)))
        for each in made.layers
    ]
    return replace(made, layers=tuple(layers))


def sequence(time: int = 40) -> Any:
    return np.random.default_rng(7).normal(size=(time, 3)).astype(np.float32)


def kept_apart(context: Context) -> list[float]:
    """The numbers that halting keeps, layer by layer."""
    state, kept = list(context.state), []
    for layer in context.model.layers:
        del state[: layer.hidden_size * layer.tensors]
        kept += [float(state.pop(0)) for _ in range(layer.halting_state)]
    assert not state
    return kept


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("cell", ["rnn", "rnn_relu", "gru", "lstm"])
@pytest.mark.parametrize("policy", POLICIES)
def test_answers_are_those_of_the_evaluation(policy: str, cell: CellKind, kernels: str) -> None:
    given, x = halting(policy, cell), sequence()
    context = with_kernels(Model(contents(given)), kernels).context()
    answer, expected = context.run(x), evaluate(given, x)
    assert answer.ponder_steps.tolist() == expected.ponder_steps.tolist()
    assert len(np.unique(answer.ponder_steps)) >= (1 if policy == "fixed" else 2)
    for found, value in (
        (answer.y, expected.y),
        (answer.remainders, expected.remainders),
        (context.state, expected.state),
    ):
        np.testing.assert_allclose(found, value, atol=2e-5)
    assert {layer.halting for layer in context.model.layers} == {policy}


@pytest.mark.parametrize("precision", ["fp16", "int8"])
@pytest.mark.parametrize("policy", ["pondernet", "skip"])
def test_fewer_bits(policy: str, precision: str) -> None:
    """Also where a time step leaves the state, and what it is multiplied as, as they were."""
    given, x = halting(policy, hidden=64), sequence(12)
    answer, expected = Model(contents(given, precision)).context().run(x), evaluate(given, x)
    same = (answer.ponder_steps == expected.ponder_steps).all(1).cumprod().astype(bool)
    assert same.sum() >= 3
    np.testing.assert_allclose(answer.y[same], expected.y[same], atol=0.1)


@pytest.mark.parametrize("policies", [("skip", "act"), ("act", "skip"), ("pondernet", "fixed")])
def test_layers_may_halt_in_different_ways(policies: tuple[str, str]) -> None:
    first, second = (halting(policy, vocabulary=9) for policy in policies)
    given = replace(first, layers=(first.layers[0], second.layers[1]))
    tokens = np.random.default_rng(2).integers(0, 9, 30).astype(np.int32)
    context = Model(contents(given)).context()
    answer, expected = context.run(tokens), evaluate(given, tokens)
    assert answer.ponder_steps.tolist() == expected.ponder_steps.tolist()
    np.testing.assert_allclose(answer.y, expected.y, atol=2e-5)
    np.testing.assert_allclose(context.state, expected.state, atol=2e-5)
    assert [layer.halting for layer in context.model.layers] == list(policies)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_time_step_without_an_update_leaves_the_cell(precision: str) -> None:
    model = Model(contents(halting("skip", hidden=32), precision))
    context, skipped = model.context(), 0
    assert kept_apart(context) == [1, 1]
    for x in sequence():
        before, kept = context.state, kept_apart(context)
        context.step(x)
        assert context.remainders == kept
        for layer, (n, u) in enumerate(zip(context.ponder_steps, kept, strict=True)):
            assert n == (np.float32(1) - np.float32(u) < 0.5)
            rows = slice(layer * 65, layer * 65 + 64)
            assert (context.state[rows] == before[rows]).all() == (n == 0)
            skipped += n == 0
    assert 0 < skipped < 80
    context.reset()
    assert kept_apart(context) == [1, 1]


def test_what_halting_keeps_is_taken_over() -> None:
    model, x = Model(contents(halting("skip"))), sequence()
    whole, half, rest = model.context(), model.context(), model.context()
    expected = whole.run(x)
    half.run(x[:17])
    rest.state = half.state
    answer = rest.run(x[17:])
    for found, value in zip(answer, expected, strict=True):
        np.testing.assert_array_equal(found, value[17:])
    bad = half.state
    bad[40] = np.nan
    with pytest.raises(ActError, match="NaN"):
        rest.state = bad


@pytest.mark.parametrize("policy", ["act", "pondernet", "skip"])
def test_budget(policy: str) -> None:
    model, x = Model(contents(halting(policy))), sequence()
    assert model.halt_threshold == np.float32(0.5 if policy == "skip" else 0.9)
    context = model.context()
    free = context.run(x).ponder_steps
    sums = []
    for threshold in (0.0, 0.25, 1.0):
        context.reset()
        context.set_budget(threshold, model.max_ponder)
        sums.append(int(context.run(x).ponder_steps.sum()))
    assert sums[0] <= sums[1] <= int(free.sum()) <= sums[2]
    assert sums[0] == (0 if policy == "skip" else 80)


def spoiled(policy: str) -> Network:
    """A network whose halting unit is NaN: infinity less infinity."""
    given = halting(policy, "rnn_relu", hidden=2, layers=1)
    (layer,) = given.layers
    huge = replace(layer.input, weight=np.full((2, 3), 3e38), bias=np.zeros(2))
    unit = replace(layer.unit, weight=np.array([[1.0, -1.0]]))
    return replace(given, layers=(replace(layer, input=huge, unit=unit),))


@pytest.mark.parametrize("policy", ["act", "pondernet", "skip"])
def test_a_halting_unit_that_is_nan_ends_every_time_step(policy: str) -> None:
    context = Model(contents(spoiled(policy))).context()
    steps = context.run(np.full((5, 3), 9, np.float32)).ponder_steps[:, 0].tolist()
    assert steps == ([1, 0, 0, 0, 0] if policy == "skip" else [1] * 5)
    context.reset()
    assert context.run(np.zeros((1, 3), np.float32)).ponder_steps.item() >= 1


@pytest.mark.parametrize("name", ["lstm-act-fp32", "gru-act-int8", "rnn-fixed-fp16"])
def test_files_of_two_policies_are_read_as_they_were(name: str) -> None:
    """Bit for bit: without fused multiplications, portable kernels depend on libm alone."""
    library = load(built("libact.so", "-O2", "-shared", "-fPIC", "-ffp-contract=off"))
    expected = json.loads((V1 / "vectors.json").read_text())[name]
    engine = Engine(library, (V1 / f"{name}.actn").read_bytes())
    assert library.act_use_kernels(engine.model, b"portable") == STATUS["ACT_OK"]
    library.act_context_free(engine.context)
    assert library.act_context_new(engine.model, engine.context) == STATUS["ACT_OK"]
    x = np.array(expected["x"], np.int32 if engine.sizes.vocab_size else np.float32)
    status, y, steps, remainders = engine.run(x)
    assert status == STATUS["ACT_OK"]
    assert steps.tolist() == expected["ponder_steps"]
    for found, key in ((y, "y"), (remainders, "remainders"), (engine.state, "state")):
        np.testing.assert_array_equal(found, np.array(expected[key], np.float32))
