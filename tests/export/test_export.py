"""A whole export for every target: files, names, manifest, golden bundle, metadata."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.errors import UserError
from act_artefact.files import digest
from act_artefact.golden import read_golden
from act_artefact.manifest import METADATA_KEY
from act_export import export, read_manifest
from act_export.api import Options
from act_export.runtimes import load
from act_export.targets import TARGETS, metadata
from act_mobile import load_model

ModelFile = Callable[..., Path]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer LSTM that reads tokens, exported to every target."""
    from act_mobile import save_model
    from tests.export.conftest import pondering

    folder = tmp_path_factory.mktemp("exported")
    model = pondering(vocab_size=11, num_layers=2)
    save_model(folder / "lm.pt", model)
    done = export(folder / "lm.pt", "all", output=folder / "out", options=Options(ponder="loop"))
    assert [each.target.name for each in done] == ["onnx", "tflite", "coreml", "native"]
    assert all(each.verification.passed for each in done)
    assert all(each.verification.time_steps == 200 for each in done)
    return folder


@pytest.mark.parametrize("target", TARGETS)
def test_files(exported: Path, target: str) -> None:
    folder = exported / "out" / target
    beside = ("lm.manifest.json", "lm.golden.npz", "lm.card.md")
    names = {f"lm{TARGETS[target].suffix}", *beside}
    assert {path.name for path in folder.iterdir()} == names
    assert {path.name for path in (exported / "out").iterdir()} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_manifest(exported: Path, target: str) -> None:
    folder = exported / "out" / target
    manifest = read_manifest(folder / "lm.manifest.json")
    artefact = folder / manifest.artefact
    assert manifest.target == target
    assert (manifest.ponder, manifest.sequence, manifest.precision) == ("loop", "stream", "fp32")
    states = [f"{name}{layer}" for layer in (0, 1) for name in "hc"]
    assert [t.name for t in manifest.interface.inputs] == ["tokens", *states]
    assert [t.name for t in manifest.interface.outputs] == [
        "y", "ponder_steps", "remainder", *(f"{s}_out" for s in states)
    ]  # fmt: skip
    assert manifest.interface.data.shape == (1,)
    assert [p.initial for p in manifest.interface.states] == [0.0] * 4
    assert (manifest.epsilon, manifest.max_ponder) == (0.01, 4)
    assert manifest.verification["passed"]
    assert manifest.verification["tolerance"] == 1e-5
    assert manifest.sha256 == digest(artefact)
    assert {"act-mobile", "torch", *TARGETS[target].packages} == set(manifest.versions)

    facts = json.loads(metadata(TARGETS[target], artefact)[METADATA_KEY])
    whole = json.loads((folder / "lm.manifest.json").read_text())
    assert facts == {k: v for k, v in whole.items() if k in facts}
    assert whole.keys() - facts.keys() == {
        "parts", "choice", "verification", "sha256", "size", "created"
    }  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_golden_bundle_holds_the_models_own_answers(exported: Path, target: str) -> None:
    """Stream the bundle through the artefact from nothing but the files, as a device would."""
    folder = exported / "out" / target
    manifest = read_manifest(folder / "lm.manifest.json")
    golden = dict(np.load(folder / "lm.golden.npz"))
    calls = read_golden(manifest, folder)
    runtime = load(target, folder / manifest.artefact)
    assert len(calls) >= 4
    for call in calls:
        got = runtime.run(call.inputs)
        for name, expected in call.answer.outputs.items():
            np.testing.assert_allclose(got[name], expected, atol=1e-5)
        assert all((t >= 1e-5).all() for t in call.answer.tolerance.values())

    model = load_model(exported / "lm.pt")
    tokens = torch.from_numpy(golden["tokens"]).T
    out = model(tokens)
    np.testing.assert_allclose(golden["y"][:, 0], out.output[0].numpy(), atol=1e-5)
    assert (golden["ponder_steps"][:, 0] == out.ponder.steps[0].numpy()).all()


@pytest.mark.parametrize("target", TARGETS)
def test_artefact_says_nothing_of_the_machine(exported: Path, target: str) -> None:
    folder = exported / "out" / target
    for file in folder.rglob("*"):
        if file.is_file():
            contents = file.read_bytes()
            assert b"site-packages" not in contents
            assert str(exported).encode() not in contents


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("config", "options"),
    [
        ({"cell": "gru"}, {"sequence": 3, "batch": 2}),
        ({"cell": "rnn_relu", "halting": "fixed:2"}, {"batch": 3}),
        ({"cell": "rnn"}, {"max_ponder": 1}),
    ],
    ids=["sequence-batch", "fixed", "limit-one"],
)
def test_forms(
    model_file: ModelFile,
    tmp_path: Path,
    target: str,
    config: dict[str, Any],
    options: dict[str, Any],
) -> None:
    (done,) = export(
        model_file(**config),
        target,
        output=tmp_path / "out",
        options=Options(ponder=TARGETS[target].ponders[0], **options),
    )
    found = done.verification
    assert found.passed
    assert found.time_steps >= 200
    assert found.ponder_steps_wrong == 0
    assert done.manifest.max_ponder == options.get("max_ponder", 2 if "halting" in config else 4)
    batch = options.get("batch", 1)
    time = (options["sequence"],) if "sequence" in options else ()
    assert done.manifest.interface.data.shape == (batch, *time, 3)
    assert done.path.exists()


def test_names_of_gru_states(model_file: ModelFile, tmp_path: Path) -> None:
    path, options = model_file(cell="gru", num_layers=2), Options(ponder="loop")
    (done,) = export(path, "native", output=tmp_path / "out", options=options)
    assert [(p.input, p.output) for p in done.manifest.interface.states] == [
        ("h0", "h0_out"),
        ("h1", "h1_out"),
    ]


def test_task_makes_the_data(model_file: ModelFile, tmp_path: Path) -> None:
    path = model_file(input_size=4, output_size=1, task={"name": "parity", "bits": 4})
    (done,) = export(path, "native", output=tmp_path / "out")
    assert done.verification.source == "the parity task's evaluation set"
    assert done.manifest.metric == "sequence_error"
    golden = np.load(tmp_path / "out" / "model.golden.npz")
    assert set(np.unique(golden["x"])) <= {-1.0, 0.0, 1.0}
    assert not golden["h0"].any(), "each parity sequence is one time step from the zero state"


def test_data_file(model_file: ModelFile, tmp_path: Path) -> None:
    """Sequences start from the zero state and stop at their length, whatever pads them."""
    x = np.full((3, 4, 3), 7, np.float32)
    x[0, :2], x[1, :4], x[2, :1] = 1, 2, 3
    np.savez(tmp_path / "eval.npz", x=x, lengths=[2, 4, 1], targets=np.zeros((3, 4)), metric="mse")
    (done,) = export(model_file(), "native", output=tmp_path / "out", data=tmp_path / "eval.npz")
    assert done.verification.time_steps == 7
    golden = np.load(tmp_path / "out" / "model.golden.npz")
    assert golden["x"][:, 0, 0].tolist() == [1, 1, 2, 2, 2, 2, 3]
    assert [bool(h.any()) for h in golden["h0"]] == [False, True, False, True, True, True, False]


def test_replaces_an_export_of_the_same_name(model_file: ModelFile, tmp_path: Path) -> None:
    path, out = model_file(), tmp_path / "out"
    first = export(path, "coreml", output=out)[0].manifest.sha256
    second = export(path, "coreml", output=out, options=Options(max_ponder=2))[0].manifest.sha256
    assert first != second
    assert digest(out / "model.mlpackage") == second
    assert len(list(out.iterdir())) == 4


def test_refuses_a_folder_with_another_targets_export(
    model_file: ModelFile, tmp_path: Path
) -> None:
    path = model_file()
    export(path, "native", output=tmp_path / "out")
    with pytest.raises(
        UserError, match="model.actn: the folder already holds another export of model"
    ):
        export(path, "tflite", output=tmp_path / "out")
