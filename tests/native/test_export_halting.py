"""Every halting policy that has a number, from the torch model through ``--target native``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from act_artefact.errors import UserError
from act_engine import Model
from act_export.subject import model_subject
from act_export.targets.native.file import read_facts
from act_export.targets.native.network import network_of
from act_mobile import ACTModel
from act_mobile.halting import parse_halting
from tests.export.conftest import pondering
from tests.native.test_export_models import KERNELS, converted, made, with_kernels

EXAMPLES = {"fixed": "fixed:3", "act": "act", "pondernet": "pondernet", "skip": "skip"}
"""An example of each policy's name, in the order of the numbers in a file."""


def uneven(halting: str, **config: Any) -> ACTModel:
    """A model whose N varies; one that skips does so for several time steps in a row."""
    sizes = {"num_layers": 2, "hidden_size": 12, "epsilon": 0.3}
    model = pondering(halting=halting, **{**sizes, **config}).eval()
    if not model.act.policy.state:
        return model
    with torch.no_grad():
        for unit in model.act.halting:
            assert isinstance(unit, nn.Linear)
            unit.weight.mul_(0.25)
            unit.bias.fill_(-1.5)
    return model


def test_numbers_of_policies() -> None:
    policies = [parse_halting(text, max_ponder=4, epsilon=0.1) for text in EXAMPLES.values()]
    assert [policy.number for policy in policies] == [0, 1, 2, 3]


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "rnn_relu"])
@pytest.mark.parametrize("policy", EXAMPLES)
def test_answers_are_the_models(policy: str, cell: str, kernels: str, tmp_path: Path) -> None:
    model, x = uneven(EXAMPLES[policy], cell=cell), torch.randn(30, 3)
    with torch.no_grad():
        expected = model(x[None])
    context = with_kernels(Model(converted(model, tmp_path / "m.actn")), kernels).context()
    answer = context.run(x.numpy())
    assert answer.ponder_steps.tolist() == expected.ponder.steps[0].tolist()
    assert len(np.unique(answer.ponder_steps)) > 1 or policy == "fixed"
    np.testing.assert_allclose(answer.y, expected.output[0], atol=1e-5)
    np.testing.assert_allclose(answer.remainders, expected.ponder.remainder[0], atol=1e-5)
    state = torch.cat([tensor for layer in expected.state for tensor in layer], -1)[0]
    np.testing.assert_allclose(context.state, state, atol=1e-5)
    assert {layer.halting for layer in context.model.layers} == {policy}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sequence": 5, "batch": 2},
        {"sequence": "dynamic", "config": {"vocab_size": 9, "cell": "gru"}},
    ],
    ids=["stream", "sequence", "dynamic"],
)
@pytest.mark.parametrize("policy", ["pondernet", "skip"])
def test_exports(policy: str, options: dict[str, Any], tmp_path: Path) -> None:
    """Whole exports, checked against the model, and again by their golden bundle."""
    config = {"halting": EXAMPLES[policy], **options.get("config", {})}
    done = made(tmp_path, **{**options, "config": config})
    assert done.verification.passed
    assert done.verification.ponder_steps_differ == 0
    assert done.operations == 9
    (number,) = set(read_facts(done.path)[1]["halting"].tolist())
    states = [pair.input for pair in done.manifest.interface.states]
    assert number == list(EXAMPLES).index(policy)
    if policy == "skip":
        cell = "h" if "cell" in config else "hc"
        assert states == [f"{name}{layer}" for layer in range(2) for name in f"{cell}u"]
        initial = {pair.input: pair.initial for pair in done.manifest.interface.states}
        assert initial["u0"] == initial["u1"] == 1


def test_a_policy_without_a_number_is_refused() -> None:
    model = uneven("act")
    policy = model.act.policy
    model.act.policy = type("Own", (type(policy),), {"number": None, "__str__": lambda _: "own:7"})(
        policy.max_ponder, policy.epsilon
    )
    subject = model_subject("model", model)
    with pytest.raises(UserError, match="model: its halting, own:7, is not the engine's: .*onnx"):
        network_of(subject)


def test_what_is_no_recurrent_layer_is_refused() -> None:
    subject = model_subject("model", uneven("act"))
    with pytest.raises(UserError, match="'head' is a Linear, not an ACT layer: the engine runs"):
        network_of(replace(subject, layers=("head",)))
    with pytest.raises(UserError, match="has 2 inputs, not one"):
        network_of(replace(subject, inputs=subject.inputs * 2))
