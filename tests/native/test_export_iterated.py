"""Iterated models through ``--target native`` and the engine, with every kind of kernels here."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from act_artefact.errors import UserError
from act_engine import ActError, Model
from act_engine.build import SOURCES
from act_export import Options, export
from act_export.subject import model_subject
from act_export.targets.native import file as native_file
from act_export.targets.native.network import network_of
from act_mobile import IteratedConfig, IteratedModel, save_model
from act_mobile.steps.conv_gru import ConvGRU
from tests.export.own_modules import uneven
from tests.native.test_export_models import KERNELS, with_kernels

ERRORS = {"fp32": 1e-5, "fp16": 4e-4, "int8": 3e-2}
"""The largest errors of y and R; int8 takes one scale for all places of an image."""


def made(seed: int = 0, **settings: Any) -> IteratedModel:
    """A model whose N varies."""
    sizes = {"channels": 3, "hidden_size": 9, "output_size": 2, "height": 6, "width": 7}
    torch.manual_seed(seed)
    model = IteratedModel(
        IteratedConfig(**{**sizes, "max_ponder": 6, "epsilon": 0.3, **settings})
    ).eval()
    return model if model.ponder.halting is None else uneven(model)  # type: ignore[return-value]


def engine(model: IteratedModel, precision: str = "fp32") -> Model:
    network = network_of(model_subject("model", model))
    return Model(native_file.write(network, precision, "{}"))


def image(model: IteratedModel, height: int, width: int, holes: float = 0.3) -> Tensor:
    """Places of noise, a share of which is all zero."""
    x = torch.randn(1, model.config.channels, height, width)
    return x * (torch.rand(1, 1, height, width) >= holes)


def check(model: IteratedModel, run: Model, x: Tensor, error: float, *, same: bool = True) -> int:
    """Compare y, N and R of an image, and return N."""
    context = run.context()
    with torch.no_grad():
        expected = model(x)
    y = context.run_image(x[0].numpy())
    steps = int(expected.ponder.steps.item())
    if same or context.ponder_steps == [steps]:
        assert context.ponder_steps == [steps]
        np.testing.assert_allclose(y, expected.output[0], atol=error)
        np.testing.assert_allclose(
            context.remainders,
            expected.ponder.remainder[0],
            atol=4 * error if error > 1e-5 else error,
        )
    return steps


CONFIGS = st.fixed_dictionaries(
    {
        "channels": st.integers(1, 9),
        "hidden_size": st.integers(1, 40),
        "output_size": st.integers(1, 20),
        "height": st.integers(1, 9),
        "width": st.integers(1, 9),
        "halting": st.sampled_from(["act", "pondernet", "fixed:3"]),
        "pooled": st.booleans(),
        "filled": st.booleans(),
        "seed": st.integers(0, 99),
    }
)


@pytest.mark.parametrize("kernels", KERNELS)
def test_random_models(kernels: str) -> None:
    with_kernels(engine(made()), kernels)

    @settings(max_examples=25, deadline=None, database=None)
    @given(CONFIGS, st.data())
    def check_one(config: dict[str, Any], data: st.DataObject) -> None:
        model = made(**config)
        run = with_kernels(engine(model), kernels)
        height = data.draw(st.integers(1, config["height"]))
        width = data.draw(st.integers(1, config["width"]))
        check(model, run, image(model, height, width), ERRORS["fp32"])

    check_one()


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("precision", ERRORS)
def test_precisions(precision: str, pooled: bool, kernels: str) -> None:
    """36 hidden units: the head's weights, too, are 8-bit."""
    model = made(2, hidden_size=36, channels=5, pooled=pooled, height=9, width=9)
    run = with_kernels(engine(model, precision), kernels)
    steps = [
        check(model, run, image(model, n, 10 - n), ERRORS[precision], same=precision == "fp32")
        for n in range(1, 10)
    ]
    assert len(set(steps)) > 1


def test_int4_is_int8() -> None:
    model = made(hidden_size=256)
    files = (
        native_file.write(network_of(model_subject("model", model)), precision, "{}")
        for precision in ("int8", "int4")
    )
    assert next(files) == next(files)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("precision", ERRORS)
@pytest.mark.parametrize("pooled", [False, True])
def test_an_image_filled_up_with_zeros_is_answered_alike(
    pooled: bool, precision: str, kernels: str
) -> None:
    """To the bit: places outside are left out, and rounding does not know of them."""
    model = made(hidden_size=21, height=12, width=12, pooled=pooled)
    context = with_kernels(engine(model, precision), kernels).context()
    x = image(model, 5, 4, holes=0)[0].numpy()
    framed = np.zeros((3, 12, 12), np.float32)
    framed[:, 3:8, 6:10] = x
    y, steps = context.run_image(x), context.ponder_steps
    answer = context.run_image(framed)
    assert context.ponder_steps == steps
    np.testing.assert_array_equal(answer if pooled else answer[3:8, 6:10], y)
    if not pooled:
        answer[3:8, 6:10] = answer[0, 0]  # the head's bias
        assert (answer == answer[0, 0]).all()


@pytest.mark.parametrize("pooled", [False, True])
def test_an_image_without_places(pooled: bool) -> None:
    model = made(pooled=pooled)
    check(model, engine(model), torch.zeros(1, 3, 6, 7), ERRORS["fp32"])
    filled = made(pooled=pooled, filled=False)
    check(filled, engine(filled), torch.zeros(1, 3, 6, 7), ERRORS["fp32"])


def test_a_large_image() -> None:
    """The mean over many places is summed as exactly as torch does."""
    model = made(height=200, width=300, hidden_size=4, max_ponder=2)
    check(model, engine(model), image(model, 200, 300), ERRORS["fp32"])


def test_budget() -> None:
    model = made(epsilon=0.01, max_ponder=6)
    context = engine(model).context()
    x = image(model, 6, 7)[0].numpy()
    context.set_budget(1, 2)
    context.run_image(x)
    assert context.ponder_steps == [2]
    context.set_budget(0, 6)
    context.run_image(x)
    assert context.ponder_steps == [1]
    with pytest.raises(ActError, match="max_ponder not in 1"):
        context.set_budget(1, 7)
    with pytest.raises(ActError, match="always takes the same number"):
        engine(made(halting="fixed:2")).context().set_budget(1, 1)


def test_the_python_call() -> None:
    model = engine(made())
    context = model.context()
    assert (model.channels, model.height, model.width, model.pooled) == (3, 6, 7, False)
    assert model.layers[0] == (9, 0, "act", 0)
    assert context.state.shape == (0,)
    for shape in ((3, 6), (4, 6, 7), (1, 3, 6, 7)):
        with pytest.raises(ValueError, match=r"this model takes \(3,"):
            context.run_image(np.zeros(shape, np.float32))
    for shape in ((3, 7, 7), (3, 6, 8), (3, 0, 7)):
        with pytest.raises(ActError, match="a size or an index"):
            context.run_image(np.zeros(shape, np.float32))
    with pytest.raises(ActError, match="features, tokens, images"):
        context.run(np.zeros((2, 0), np.float32))


@pytest.mark.parametrize(
    "options",
    [
        {"pooled": True},
        {"dynamic": ("height", "width")},
        {"pooled": True, "dynamic": ("width",), "batch": 2},
        {"budget_inputs": True, "batch": 3, "halting": "pondernet"},
        {"precision": "fp16", "max_ponder": 3},
        {"emit_c": True, "halting": "fixed:3"},
    ],
    ids=str,
)
def test_exports(options: dict[str, Any], tmp_path: Path) -> None:
    """Whole exports, checked against the model, and again by their golden bundle."""
    kind = {name: options[name] for name in ("pooled", "halting") if name in options}
    save_model(tmp_path / "model.pt", made(**kind))
    given = {name: value for name, value in options.items() if name not in kind}
    (done,) = export(
        tmp_path / "model.pt",
        "native",
        output=tmp_path / "out",
        options=Options(samples=40, **given),
    )
    assert done.verification.passed
    assert done.verification.ponder_steps_differ == 0
    assert done.operations == (5 if options.get("halting") == "fixed:3" else 6)
    assert done.manifest.sequence == "whole"
    assert (tmp_path / "out/model.c").exists() == ("emit_c" in options)
    interface = done.manifest.interface
    assert interface.sizes == {
        name: {"height": 6, "width": 7}[name] for name in options.get("dynamic", ())
    }


class OwnStep(ConvGRU):
    """Not the engine's, whatever it does."""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"halting": "skip"}, "its halting, skip, keeps a state, and images leave none: .*onnx"),
        ({"height": 1100, "width": 1000}, "1100 x 1000 places of 16 channels are more than the"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        network_of(model_subject("model", made(**settings)))


def test_own_parts_are_refused() -> None:
    model = made()
    model.ponder.step.__class__ = OwnStep
    with pytest.raises(UserError, match="has a step of its own, OwnStep"):
        network_of(model_subject("model", model))
    subject = model_subject("model", made())
    subject.module.__class__ = type("Own", (IteratedModel,), {})
    with pytest.raises(UserError, match="'ponder' is a Ponder, not an ACT layer"):
        network_of(subject)


PROGRAM = """
#include <stdio.h>
#include "act.h"
int main(int count, char **words) {
  ActModel *model = NULL;
  ActContext *context = NULL;
  float x[3 * 6 * 7], y[6 * 7 * 2];
  if (count < 2 || act_open(words[1], &model) || act_context_new(model, &context)) return 1;
  if (fread(x, sizeof *x, 3 * 5 * 4, stdin) != 3 * 5 * 4) return 2;
  if (act_run_image(context, x, 5, 4, y)) return 3;
  fwrite(y, sizeof *y, 5 * 4 * 2, stdout);
  act_context_free(context);
  act_close(model);
  return 0;
}
"""


def test_a_program_under_sanitizers(tmp_path: Path) -> None:
    model = made()
    network = network_of(model_subject("model", model))
    (tmp_path / "model.actn").write_bytes(native_file.write(network, "int8", "{}"))
    (tmp_path / "program.c").write_text(PROGRAM)
    flags = ["-std=c99", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    program = [tmp_path / "program.c", *sorted(SOURCES.glob("*.c"))]
    command = ["cc", *flags, "-I", SOURCES, *program, "-o", tmp_path / "program", "-lm"]
    subprocess.run(command, check=True)
    x = image(model, 5, 4)
    done = subprocess.run(
        [tmp_path / "program", tmp_path / "model.actn"],
        input=x.numpy().tobytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    y = np.frombuffer(done.stdout, np.float32).reshape(5, 4, 2)
    with torch.no_grad():
        np.testing.assert_allclose(y, model(x).output[0], atol=ERRORS["int8"])
