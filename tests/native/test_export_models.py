"""Models through ``--target native`` and the engine, with every kind of kernels that runs here."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.errors import UserError
from act_artefact.form import Form
from act_artefact.manifest import METADATA_KEY
from act_engine import ActError, Model
from act_export import Export, export
from act_export.api import Options
from act_export.program import untraced
from act_export.reference import reference_steps
from act_export.runtimes.native import NativeRuntime
from act_export.samples import samples_for
from act_export.subject import model_subject
from act_export.targets import native
from act_export.targets.native.file import read_facts
from act_mobile import ACTConfig, ACTModel, save_model
from tests.export.conftest import pondering
from tests.model.test_golden import GOLDEN, golden_weights

ERRORS = {"fp16": 4e-4, "int8": 1e-2, "int4": 0.15}
"""Twice the largest error that was measured in y, h and R, of which R is the worst."""

KERNELS = ("portable", "avx2", "avx512", "neon", "neon-dot")


def with_kernels(model: Model, name: str) -> Model:
    try:
        model.use_kernels(name)
    except ActError as error:
        pytest.skip(f"{name}: {error}")
    return model


def golden_model(case: dict[str, Any]) -> ACTModel:
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    model = ACTModel(ACTConfig(**{k: case[k] for k in sizes}))
    model.load_state_dict(golden_weights(case, torch.float32))
    return model.eval()


def converted(model: ACTModel, path: Path, precision: str = "fp32") -> Path:
    """The file alone, without the check of a whole export."""
    subject = model_subject("model", model.eval())
    native.convert(untraced(subject, Form(ponder="loop")), path, {}, precision)
    return path


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("index", range(len(GOLDEN["models"])))
def test_golden_vectors(index: int, kernels: str, tmp_path: Path) -> None:
    """The float64 answers in tests/golden/act_vectors.json."""
    case = GOLDEN["models"][index]
    expect = case["expect"]
    model = with_kernels(Model(converted(golden_model(case), tmp_path / "m.actn")), kernels)
    context = model.context()
    answer = context.run(np.array(case["x"], np.float32))
    assert answer.ponder_steps[:, 0].tolist() == expect["ponder_steps"]
    assert answer.remainders[:, 0] == pytest.approx(expect["remainder"], abs=1e-5)
    np.testing.assert_allclose(answer.y, expect["y"], atol=1e-5)
    state = np.concatenate(expect["state"], -1).reshape(-1)
    np.testing.assert_allclose(context.state, state, atol=1e-5)


def made(folder: Path, config: dict[str, Any] | None = None, **options: Any) -> Export:
    """A whole export."""
    sizes = {"hidden_size": 40, "num_layers": 2, "max_ponder": 6}
    save_model(folder / "model.pt", pondering(**{**sizes, **(config or {})}))
    (done,) = export(
        folder / "model.pt", "native", output=folder / "out", options=Options(**options)
    )
    return done


@pytest.mark.parametrize(
    "options",
    [
        {"sequence": 4, "batch": 3, "budget_inputs": True},
        {"sequence": "dynamic", "batch": 2, "config": {"vocab_size": 9, "cell": "gru"}},
        {"config": {"halting": "fixed:3", "cell": "rnn", "hidden_size": 17}},
        {"max_ponder": 2, "config": {"cell": "rnn_relu", "epsilon": 0.3}},
    ],
    ids=["sequence", "dynamic", "fixed", "limited"],
)
def test_forms(tmp_path: Path, options: dict[str, Any]) -> None:
    done = made(tmp_path, **options)
    assert done.verification.passed
    assert done.verification.ponder_steps_differ == 0
    assert done.manifest.ponder == "loop"
    assert done.manifest.choice is not None
    assert done.manifest.choice["microseconds"] == {}, "there is nothing to choose from"
    assert "trace" not in done.seconds
    assert {p.name for p in done.path.parent.iterdir()} == {
        "model.actn", "model.manifest.json", "model.golden.npz", "model.card.md"
    }  # fmt: skip


def test_only_the_facts_differ_between_forms(tmp_path: Path) -> None:
    weights, facts = [], []
    for name, options in {"stream": {}, "four": {"sequence": 4, "batch": 2}}.items():
        (tmp_path / name).mkdir()
        done = made(tmp_path / name, **options)
        contents = done.path.read_bytes()
        weights.append(contents[int(read_facts(done.path)[1]["input"]["weights"][0]) :])
        facts.append(json.loads(Model(contents).metadata))
        assert native.metadata(done.path) == {METADATA_KEY: Model(done.path).metadata}
        assert done.operations == 9, "2 x (input, recurrent, update, halting), head"
    assert weights[0] == weights[1]
    assert [each["batch"] for each in facts] == [1, 2]


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("precision", ERRORS)
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_fewer_bits(cell: str, precision: str, kernels: str, tmp_path: Path) -> None:
    model = pondering(cell=cell, hidden_size=256, input_size=40, max_ponder=5).eval()
    subject = model_subject("model", model)
    program = untraced(subject, Form(ponder="loop"))
    facts = {METADATA_KEY: json.dumps({**asdict(program.interface), "sequence": "stream"})}
    native.convert(program, tmp_path / "m.actn", facts, precision)
    with_kernels(Model(tmp_path / "m.actn"), kernels)
    runtime, same = NativeRuntime(tmp_path / "m.actn", kernels), 0
    samples = samples_for(subject, None, 60)
    for step in reference_steps(subject, program.interface, program.form, samples):
        answer = runtime.run(step.inputs)
        if answer["ponder_steps"] == step.outputs["ponder_steps"]:
            same += 1
            for name in ("y", "remainder", "h0_out"):
                np.testing.assert_allclose(
                    answer[name], step.outputs[name], atol=ERRORS[precision], rtol=0
                )
    assert same >= 54


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("precision", ["fp32", *ERRORS])
def test_weights_in_slices_from_either_end(precision: str, kernels: str, tmp_path: Path) -> None:
    """An odd number of products leaves U read from the other end, which changes no bit."""
    model = pondering(cell="gru", hidden_size=520, max_ponder=1)
    context = with_kernels(Model(converted(model, tmp_path / "m", precision)), kernels).context()
    x = torch.randn(3, 3)
    forwards = context.run(x.numpy())
    context.reset()
    backwards = context.run(x.numpy())
    np.testing.assert_array_equal(forwards.y, backwards.y)
    if precision == "fp32":
        np.testing.assert_allclose(forwards.y, model(x[None]).output[0].detach(), atol=1e-5)


def test_sizes_of_files(tmp_path: Path) -> None:
    """H = 256: recurrent 4 x 256 x 256, in 4, 2, 1 and 9/16 bytes; the head and biases besides."""
    model = pondering(hidden_size=256, input_size=40)
    sizes = {
        precision: converted(model, tmp_path / precision, precision).stat().st_size
        for precision in ("fp32", "fp16", "int8", "int4")
    }
    weights = 4 * 256 * (256 + 40)
    for precision, each in {"fp32": 4, "fp16": 2, "int8": 1}.items():
        assert weights * each < sizes[precision] < weights * each + 50_000
    assert weights * 9 / 16 < sizes["int4"] < weights * 9 / 16 + 55_000


def test_weights_that_fp16_cannot_hold(tmp_path: Path) -> None:
    model = pondering()
    with torch.no_grad():
        model.head.weight[0, 0] = 1e5
    with pytest.raises(UserError, match="a weight of 1e[+]05 does not fit in float16"):
        converted(model, tmp_path / "m.actn", "fp16")


def test_int8_and_int4_are_judged_by_the_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_export.pipeline.METRIC_TIME_STEPS", 300)
    folder = Path(__file__).parents[2] / "models" / "charlm"
    for precision in ("int8", "int4"):
        (done,) = export(
            folder / "model.pt",
            "native",
            output=tmp_path / precision,
            data=folder / "eval.npz",
            options=Options(precision=precision, samples=100),
        )
        assert done.verification.metric is not None
        assert done.verification.passed
        assert abs(done.verification.metric.loss) < 0.01
