"""``--ponder auto``: it measures, picks the fastest, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from act_artefact.form import Form
from act_export import export, read_manifest
from act_export.choose import Candidates, candidates, choose
from act_export.samples import samples_for
from act_export.subject import Subject, load_subject
from act_export.targets import TARGETS

ModelFile = Callable[..., Path]


def among(path: Path, target: str = "onnx", **form: Any) -> Candidates:
    subject: Subject = load_subject(path)
    form = {"ponder": "loop", **form}
    return candidates(subject, Form(**form), samples_for(subject, None, 100), TARGETS[target])


def test_forms_that_can_win(model_file: ModelFile) -> None:
    """The model takes 2 to 4 of at most 4 steps: written out it wastes little."""
    assert among(model_file()).ponders == ("loop", "peeled", "unroll")
    assert among(model_file(), sequence="dynamic").ponders == ("loop", "peeled")
    assert among(model_file(), budget_inputs=True).ponders == ("loop", "peeled")
    many = among(model_file(), sequence=20)
    assert many.left_out == "unroll: 80 ponder steps a call, too many to write out"


def test_unroll_that_wastes_its_steps_is_left_out(model_file: ModelFile) -> None:
    found = among(model_file(max_ponder=30), "tflite")
    assert found.ponders == ("loop", "peeled")
    assert "of 30, most of its steps would be wasted" in found.left_out
    assert among(model_file(max_ponder=30)).ponders == ("loop", "peeled", "unroll")


def test_fixed_halting_needs_no_loop(model_file: ModelFile) -> None:
    assert among(model_file(halting="fixed:3")).ponders == ("unroll",)


def test_what_cannot_run_here_is_not_measured(model_file: ModelFile) -> None:
    found = among(model_file(), "coreml")
    assert found.ponders == ("loop",)
    assert "does not run on this machine" in found.left_out


def test_the_engine_has_one_form(model_file: ModelFile) -> None:
    for config in ({}, {"halting": "fixed:3"}):
        found = among(model_file(**config), "native")
        assert found.ponders == ("loop",)
        assert found.left_out == ""


class Slow:
    """A runtime that takes so long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def run(self, inputs: Any) -> Any:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass


def test_the_fastest_is_picked(model_file: ModelFile) -> None:
    found = among(model_file())
    choice = choose(found, {"loop": Slow(1e-3), "peeled": Slow(1e-4), "unroll": Slow(2e-3)})
    assert choice.ponder == "peeled"
    assert set(choice.microseconds) == {"loop", "peeled", "unroll"}
    assert choice.mean_ponder_steps == found.mean_ponder_steps


def test_the_manifest_says_what_was_measured(model_file: ModelFile, tmp_path: Path) -> None:
    (done,) = export(model_file(), "onnx", output=tmp_path / "out")
    manifest = read_manifest(tmp_path / "out" / "model.manifest.json")
    assert manifest.choice is not None
    assert set(manifest.choice["microseconds"]) == {"loop", "peeled", "unroll"}
    assert manifest.choice["ponder"] == manifest.ponder == done.manifest.ponder
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "model.onnx", "model.manifest.json", "model.golden.npz", "model.card.md"
    }  # fmt: skip
