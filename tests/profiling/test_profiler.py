"""A whole profile on this machine: real artefacts, the real runner, a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.errors import UserError
from act_artefact.golden import read_golden
from act_export import Options, export
from act_profiling import open_devices, profile
from act_profiling.config import MeasureConfig
from act_profiling.devices import Device
from act_profiling.golden import check_golden
from act_profiling.rows import Row
from act_profiling.variants import open_artefact, open_artefacts, swept

QUICK = MeasureConfig(rounds=2, min_count=1, min_seconds=0.0, warmup=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-row model with a budget, in ONNX and TFLite, with data that say what is asked."""
    from act_mobile import save_model
    from tests.export.conftest import pondering

    folder = tmp_path_factory.mktemp("profiled")
    save_model(folder / "m.pt", pondering(max_ponder=5))
    draw = np.random.default_rng(0)
    np.savez(
        folder / "eval.npz",
        x=draw.standard_normal((5, 7, 3)).astype(np.float32),
        lengths=[7, 3, 7, 1, 5],
        targets=draw.integers(0, 2, (5, 7)),
        metric="accuracy",
    )
    for target, sequence in (("onnx", "stream"), ("tflite", "stream"), ("onnx", 4)):
        options = Options(ponder="loop", sequence=sequence, budget_inputs=True, batch=2)
        out = folder / f"{target}-{sequence}"
        export(folder / "m.pt", target, output=out, data=folder / "eval.npz", options=options)
    return folder


@pytest.fixture
def host() -> Any:
    (device,) = open_devices("host")
    yield device
    device.close()


@pytest.mark.parametrize("where", ["onnx-stream/m.onnx", "tflite-stream/m.tflite", "onnx-4/m.onnx"])
def test_report(folder: Path, tmp_path: Path, host: Device, where: str) -> None:
    stages: list[str] = []

    def stage(variant: str, name: str) -> Any:
        from contextlib import nullcontext

        stages.append(f"{variant}: {name}")
        return nullcontext()

    report = profile(
        [folder / where],
        folder / "eval.npz",
        host,
        sweep=["max_ponder=1,5"],
        config=QUICK,
        output=tmp_path / "report.json",
        page=tmp_path / "report.html",
        stage=stage,
    )
    one, five = report["variants"]
    assert one["golden"]["passed"]
    assert five["operators"][0]["nanoseconds_per_call"] > 0
    assert one["ponder_steps"]["max"] == 1 < five["ponder_steps"]["max"] <= 5
    assert one["metric"]["name"] == "accuracy"
    written = json.loads((tmp_path / "report.json").read_text())
    assert [v["label"] for v in written["variants"]] == [v["label"] for v in report["variants"]]
    assert "<svg" in (tmp_path / "report.html").read_text()

    # Rounds are interleaved: each variant once before any a second time.
    rounds = [line for line in stages if "round" in line]
    assert [line.split("round ")[1] for line in rounds] == ["1 of 2"] * 2 + ["2 of 2"] * 2


def test_the_metric_is_that_of_the_model(folder: Path, host: Device) -> None:
    """The artefact's accuracy on the device, put together from rows of a batch, is the model's."""
    import torch

    from act_artefact.metrics import measure
    from act_mobile import load_model

    data = np.load(folder / "eval.npz")
    model = load_model(folder / "m.pt")
    outputs = []
    with torch.no_grad():
        for row, length in zip(data["x"], data["lengths"], strict=True):
            outputs.append(model(torch.from_numpy(row[None, :length])).output[0].numpy())
    targets = [row[:n] for row, n in zip(data["targets"], data["lengths"], strict=True)]
    asked = [np.ones(n, bool) for n in data["lengths"]]
    expected = measure("accuracy", outputs, targets, asked)
    for where in ("onnx-stream/m.onnx", "tflite-stream/m.tflite", "onnx-4/m.onnx"):
        report = profile([folder / where], folder / "eval.npz", host, config=QUICK)
        assert report["variants"][0]["metric"]["value"] == pytest.approx(expected)


def test_an_artefact_that_differs_gets_no_number(
    folder: Path, tmp_path: Path, host: Device
) -> None:
    """Its golden bundle says otherwise: the check fails on the device, and nothing is timed."""
    artefact = copied(folder / "onnx-stream", tmp_path)
    golden = dict(np.load(tmp_path / "m.golden.npz"))
    golden["y"] = golden["y"] + np.float32(1e-3)
    np.savez(tmp_path / "m.golden.npz", **golden)
    report = profile([artefact], folder / "eval.npz", host, config=QUICK)
    (variant,) = report["variants"]
    assert not variant["golden"]["passed"]
    assert "y is off by 1.0e-03" in variant["golden"]["reason"]
    assert "latency" not in variant


def copied(source: Path, to: Path) -> Path:
    for file in source.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to / "m.onnx"


def test_another_n_than_the_golden_one_fails(folder: Path) -> None:
    artefact = open_artefact(folder / "onnx-stream" / "m.onnx")
    bundle = read_golden(artefact.manifest, artefact.path.parent)
    rows = [Row(i, 0, 1, 0, call.answer.outputs) for i, call in enumerate(bundle)]
    assert check_golden(bundle, rows).passed
    other = {**rows[2].outputs, "ponder_steps": rows[2].outputs["ponder_steps"] + 1}
    found = check_golden(bundle, [*rows[:2], replace(rows[2], outputs=other)])
    assert not found.passed
    found = check_golden(bundle, [*rows[:2], replace(rows[2], outputs=other), *rows[3:]])
    assert found.reason == "N differs in 2 time steps"
    assert not check_golden(bundle, rows[:3]).passed


def test_artefacts_of_one_name_are_told_apart(folder: Path, tmp_path: Path) -> None:
    for where in ("act/onnx", "fixed1", "other/a/b", "other/c/b"):
        (tmp_path / where).mkdir(parents=True)
        copied(folder / "onnx-stream", tmp_path / where)

    def names(*folders: str) -> list[str]:
        return [each.name for each in open_artefacts([tmp_path / f / "m.onnx" for f in folders])]

    assert names("act/onnx") == ["m.onnx"]
    assert names("act/onnx", "fixed1") == ["act/m.onnx", "fixed1/m.onnx"]
    assert names("other/a/b", "other/c/b") == ["a/m.onnx", "c/m.onnx"]
    assert names("other/a/b", "other/c/b", "fixed1") == [
        *("other/a/b/m.onnx", "other/c/b/m.onnx", "fixed1/m.onnx")
    ]
    with pytest.raises(UserError, match=r"m\.onnx: is given twice"):
        names("fixed1", "fixed1")
    mixed = [folder / "tflite-stream/m.tflite", tmp_path / "fixed1/m.onnx"]
    assert [each.name for each in open_artefacts(mixed)] == ["m.tflite", "m.onnx"]


Change = Callable[[Path], None]


def _overwrite(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.unlink(), "m.onnx: no such file"),
        (lambda p: p.with_name("m.manifest.json").unlink(), "m.manifest.json: no such file"),
        (lambda p: p.with_name("m.manifest.json").write_text("{"), "m.manifest.json: not JSON"),
        (lambda p: p.with_name("m.golden.npz").unlink(), "m.golden.npz: no such file"),
        (_overwrite, "is not the artefact that its manifest describes"),
    ],
)
def test_bad_artefacts(
    folder: Path, tmp_path: Path, host: Device, change: Change, message: str
) -> None:
    artefact = copied(folder / "onnx-stream", tmp_path)
    change(artefact)
    with pytest.raises(UserError, match=message):
        profile([artefact], folder / "eval.npz", host, config=QUICK)


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("max_ponder=9", "max_ponder=9: m.onnx was made for 1 to 5"),
        ("max_ponder=1.5", "max_ponder=1.5: m.onnx was made for 1 to 5"),
        ("halt_threshold=2", "must be from 0 to 1"),
        ("max_ponder=", "write max_ponder=1,2,4"),
        ("depth=3", "write max_ponder=1,2,4"),
    ],
)
def test_bad_sweeps(folder: Path, sweep: str, message: str) -> None:
    artefact = open_artefact(folder / "onnx-stream" / "m.onnx")
    with pytest.raises(UserError, match=message):
        swept([artefact], [sweep])


def test_sweeping_what_is_no_input(tmp_path: Path, folder: Path) -> None:
    options = Options(ponder="loop", samples=5)
    (done,) = export(folder / "m.pt", "onnx", output=tmp_path / "out", options=options)
    with pytest.raises(UserError, match="export with --budget-inputs"):
        swept([open_artefact(done.path)], ["max_ponder=1"])


def test_data_of_another_model(folder: Path, tmp_path: Path, host: Device) -> None:
    np.savez(tmp_path / "eval.npz", tokens=np.zeros((2, 3), np.int32))
    with pytest.raises(UserError, match="has 'tokens', this model reads 'x' of 3 features"):
        profile([folder / "onnx-stream" / "m.onnx"], tmp_path / "eval.npz", host, config=QUICK)


def test_core_ml_is_for_apple(folder: Path, tmp_path: Path, host: Device) -> None:
    options = Options(ponder="loop", samples=5)
    (done,) = export(folder / "m.pt", "coreml", output=tmp_path / "out", options=options)
    with pytest.raises(UserError, match="in an app on an iPhone alone: use --device ios"):
        profile([done.path], folder / "eval.npz", host, config=QUICK)


def test_devices_that_are_not(folder: Path) -> None:
    with pytest.raises(UserError, match="--device 'phone': use host, adb"):
        open_devices("phone")
    with pytest.raises(UserError, match="--in-app: is for --device adb"):
        open_devices("host", in_app=True)
    with pytest.raises(UserError, match="--runtime: the app has its own runtimes"):
        open_devices("adb", in_app=True, runtime=folder)
