"""act-data, from its command line to a trained and exported model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from act_export import Options, export
from act_mobile.datasets import listen, speech
from act_mobile.datasets.cli import main
from act_mobile.tasks.own import Own
from act_mobile.training import options
from act_mobile.training.run import train
from tests.datasets.test_listen import spoken_by_tones


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["act-data", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_help_loads_neither_torch_nor_voices() -> None:
    program = (
        "import sys; from act_mobile.datasets import cli; cli.command(['listen', '--help'], "
        "standalone_mode=False); assert not {'torch', 'espeakng_loader'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "not people" in done.stdout


def test_without_voices_one_line_and_nothing_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    assert run(monkeypatch, "listen", "-o", str(tmp_path / "data")) == 2
    error = "act-data: error: espeakng_loader is not installed: pip install act-mobile[speech]\n"
    assert capsys.readouterr().err == error
    assert not (tmp_path / "data").exists()


def test_series_of_a_folder(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(folder / "data")
    assert run(monkeypatch, "series", str(folder), "--samples", "2", "-o", output, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["train"]["shape"] == [3, 3, 2]
    assert printed["eval"]["asked"] == 2
    with np.load(folder / "data" / "eval.npz") as file:
        assert file["targets"].tolist() == [1, 2]


def test_a_file_that_is_no_series_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Made_TEST.ts").write_text("nothing")
    assert run(monkeypatch, "series", str(folder), "-o", str(folder / "data")) == 2
    assert "not a .ts file" in capsys.readouterr().err
    assert not (folder / "data").exists()


def test_a_log_that_is_no_number_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "data"
    assert run(monkeypatch, "series", str(folder), "--log", "nan", "-o", str(out)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "or --log nan does not suit them" in said
    assert not out.exists()


@pytest.mark.parametrize("halting", ["skip", "act", "fixed:1"])
def test_clips_train_a_model_whose_export_knows_its_labels(
    halting: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(speech, "spoken", spoken_by_tones)
    monkeypatch.setattr(speech, "require_voices", lambda: None)
    data = tmp_path / "data"
    counts = ("--clips", "6", "--eval-clips", "4", "--every", "10")
    assert run(monkeypatch, "listen", *counts, "-o", str(data)) == 0
    task = Own(train=str(data / "train.npz"), eval=str(data / "eval.npz"))
    sizes = {"hidden": 8, "max_ponder": 2, "batch_size": 4, "steps": 2, "evaluate_every": 2}
    made = train(task, options.Options(**sizes, halting=halting), tmp_path / "run")
    assert [level["difficulty"] for level in made["by_difficulty"]] == [0, 1]
    (exported,) = export(
        tmp_path / "run" / "model.pt", "onnx", output=tmp_path / "exported",
        data=tmp_path / "run" / "eval.npz", options=Options("auto", samples=1),
    )  # fmt: skip
    assert exported.manifest.labels == list(listen.LABELS)
    # An app must leave out as many frames.
    assert exported.manifest.task["every"] == 10
    assert exported.manifest.verification["passed"]
