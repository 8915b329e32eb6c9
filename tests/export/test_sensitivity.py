"""Tolerances follow the dynamics: the floor where they are tame, more where they are chaotic."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from act_artefact.equality import Agreement, Answer
from act_artefact.errors import UserError
from act_artefact.form import Form
from act_artefact.interface import DataInput
from act_export.program import describe
from act_export.reference import Step, call_model
from act_export.samples import samples_for
from act_export.sensitivity import Reference
from act_export.subject import Subject, module_subject
from act_mobile import ACT, ACTModel
from tests.export.conftest import pondering


def answers(
    module: nn.Module, form: Form, precision: str = "fp32", features: tuple[int, ...] = (3,)
) -> tuple[Subject, list[tuple[Step, Answer]]]:
    given = DataInput("x" if features else "tokens", features, None if features else 5)
    subject = module_subject("m", module.eval(), (given,))
    samples = samples_for(subject, None, 60)
    interface = describe(subject, form)
    return subject, list(Reference(subject, precision).steps(interface, form, samples, 60))


def shares(steps: list[tuple[Step, Answer]], floor: float) -> np.ndarray:
    """Tolerances over the floor."""
    return np.concatenate(
        [
            (tolerance / (floor * (1 + np.abs(answer.outputs[name])))).ravel()
            for _, answer in steps
            for name, tolerance in answer.tolerance.items()
        ]
    )


def chaotic() -> ACTModel:
    """A tanh RNN with a gain of 4."""
    model = pondering(cell="rnn", hidden_size=32, max_ponder=3)
    with torch.no_grad():
        model.act.cells[0].weight_hh.normal_(0, 4 / 32**0.5)
    return model


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 1e-5), ("fp16", 5e-3)])
def test_tame(precision: str, floor: float) -> None:
    _, steps = answers(pondering(), Form(sequence=8), precision)
    found = shares(steps, floor)
    assert found.min() >= 0.999
    assert np.median(found) < 1.001
    assert found.max() < 3


def test_chaotic() -> None:
    """The model in float32 is within tolerance, where a fixed one would refuse it."""
    subject, steps = answers(chaotic(), Form(sequence=20))
    interface, found = describe(subject, Form(sequence=20)), Agreement()
    for step, answer in steps:
        found.add(answer, call_model(subject, interface, Form(sequence=20), step.inputs))
    assert found.reason() == ""
    assert found.max_relative_error["y"] > 1e-4
    by_time = np.stack([a.tolerance["y"].max((0, 2)) for _, a in steps]).mean(0)
    assert by_time[0] < 1e-4
    assert by_time[-1] > 1e-3


def test_another_model_fails_though_chaotic() -> None:
    """Early time steps are not yet chaotic: there a changed weight shows."""
    subject, steps = answers(chaotic(), Form(sequence=20))
    other = subject.copy()
    with torch.no_grad():
        other.module.get_parameter("head.bias").add_(1e-3)
    interface, found = describe(subject, Form(sequence=20)), Agreement()
    for step, answer in steps:
        found.add(answer, call_model(other, interface, Form(sequence=20), step.inputs))
    assert found.reason().startswith("y is off by")


def test_rows_of_a_batch_are_as_alone() -> None:
    """A batch's outputs equal those of its rows run one by one."""
    subject, steps = answers(pondering(num_layers=2), Form(sequence=4, batch=2))
    alone = Form(sequence=4)
    reference = Reference(subject, "fp32")
    for step, answer in steps[:3]:
        for row in range(2):
            inputs = {name: value[row : row + 1] for name, value in step.inputs.items()}
            interface = describe(subject, alone)
            exact = reference._exact
            wide = {k: v.astype(np.float64) for k, v in inputs.items()}
            expected = call_model(exact, interface, alone, wide)
            for name, value in expected.items():
                np.testing.assert_allclose(answer.outputs[name][row : row + 1], value, atol=1e-6)


def test_a_halting_sum_on_the_threshold() -> None:
    """N may differ from the time step on where the sum reaches 0.99 by less than rounding."""
    model = pondering()
    with torch.no_grad():
        model.act.halting[0].weight.zero_()
        model.act.halting[0].bias.fill_(float(np.log(0.4950005 / 0.5049995)))
    _, steps = answers(model, Form(sequence=4))
    assert all(answer.on_threshold.all() for _, answer in steps)
    with torch.no_grad():
        model.act.halting[0].bias.fill_(float(np.log(0.4952 / 0.5048)))
    _, steps = answers(model, Form(sequence=4))
    assert not any(answer.on_threshold.any() for _, answer in steps)


def test_the_limit_needs_no_sum() -> None:
    """At the last ponder step N is the limit, wherever the sum lies."""
    model = pondering(max_ponder=2)
    with torch.no_grad():
        model.act.halting[0].weight.zero_()
        model.act.halting[0].bias.fill_(float(np.log(0.4950005 / 0.5049995)))
    _, steps = answers(model, Form(sequence=4))
    assert not any(answer.on_threshold.any() for _, answer in steps)


class OneHot(nn.Module):
    """Asks for float32, as modules of users do."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(5, 4, max_ponder=3)

    def forward(self, tokens: Tensor) -> Tensor:
        x = F.one_hot(tokens.long(), 5).float() + torch.zeros(5, dtype=torch.float32)
        return self.act(x.to(torch.float32)).output


def test_a_module_that_asks_for_float32() -> None:
    _, steps = answers(OneHot(), Form(), features=())
    assert len(steps) == 60


class Insisting(nn.Module):
    """Has a float32 constant that is no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 4, max_ponder=3)
        self.turn = torch.eye(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x @ self.turn).output


def test_a_module_that_insists_on_float32() -> None:
    with pytest.raises(UserError, match="m: cannot be evaluated in float64.*its input's type"):
        answers(Insisting(), Form())


def test_the_same_at_every_export() -> None:
    first, second = (answers(chaotic(), Form(sequence=20))[1] for _ in range(2))
    for (_, one), (_, other) in zip(first, second, strict=True):
        assert all((one.tolerance[n] == other.tolerance[n]).all() for n in one.tolerance)
