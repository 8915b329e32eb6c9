"""``make verify-coreml``: all of it but Apple's compiler and runtime, which are on a Mac alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from act_artefact.equality import Arrays
from act_export import Options, export
from act_export.runtimes.coreml import CoreMLEvaluation
from act_export.targets.coreml.apple import Result, check_export, main, write_report
from act_mobile import save_model
from tests.export.conftest import pondering

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "coreml.yml"

COMPILES = 'mkdir "$4/model.mlmodelc"'
REFUSES = 'echo "coremlc: error: Unable to parse ML Program: \\033[2J op" >&2; exit 1'


@pytest.fixture(scope="module", params=["loop", "host"])
def manifest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a Core ML export."""
    folder = tmp_path_factory.mktemp("coreml")
    save_model(folder / "model.pt", pondering())
    options = Options(ponder=request.param, samples=3, budget_inputs=True)
    export(folder / "model.pt", "coreml", output=folder / "out", options=options)
    return folder / "out" / "model.manifest.json"


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a stand-in for xcrun first on PATH, which does what it is told; the log of its calls."""

    def make(does: str) -> Path:
        log = tmp_path / "log"
        program = tmp_path / "xcrun"
        program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\n{does}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return log

    return make


class Evaluated:
    """The package in this project's evaluator."""

    def __init__(self, package: Path, units: str) -> None:
        self._package, self._model, self._units = package, CoreMLEvaluation(package), units

    def run(self, inputs: Arrays) -> Arrays:
        return self._model.run(inputs)


class Wrong(Evaluated):
    """One that computes something else where Core ML chooses the unit."""

    def run(self, inputs: Arrays) -> Arrays:
        found = super().run(inputs)
        off = 0.1 if self._units == "ALL" else 0.0
        return {name: value + off if name == "y" else value for name, value in found.items()}


class Poor(Evaluated):
    """One that returns no y, which the host form has from its last part."""

    def run(self, inputs: Arrays) -> Arrays:
        return {name: value for name, value in super().run(inputs).items() if name != "y"}


class Empty(Evaluated):
    """One that returns nothing at all."""

    def run(self, inputs: Arrays) -> Arrays:
        return {}


def test_packages_that_answer_well(manifest: Path, compiler: Callable[[str], Path]) -> None:
    log = compiler(COMPILES)
    found = check_export(manifest, Evaluated)
    assert [(each.units, each.reason, each.calls) for each in found] == [
        ("CPU_ONLY", "", found[0].calls),
        ("ALL", "", found[0].calls),
    ]
    assert found[0].calls > 0
    assert found[0].ponder_steps_equal > 0
    lines = log.read_text().splitlines()
    assert len(lines) == (3 if "host" in found[0].form else 1)
    assert all(re.fullmatch(r"coremlcompiler compile \S+\.mlpackage \S+", line) for line in lines)


def test_a_compiler_that_refuses(manifest: Path, compiler: Callable[[str], Path]) -> None:
    compiler(REFUSES)
    (found,) = check_export(manifest, Evaluated)
    assert found.reason.startswith("coremlcompiler refuses it: coremlc: error: Unable to parse")
    assert "\x1b" not in found.reason
    assert not found.calls


def test_answers_that_are_wrong(manifest: Path, compiler: Callable[[str], Path]) -> None:
    compiler(COMPILES)
    good, bad = check_export(manifest, Wrong)
    assert not good.reason
    assert bad.reason.startswith("y is off by 1.0e-01, ")


def test_answers_that_lack_something(manifest: Path, compiler: Callable[[str], Path]) -> None:
    compiler(COMPILES)
    assert {each.reason for each in check_export(manifest, Poor)} == {"Core ML returned no y"}


def test_parts_that_return_nothing(manifest: Path, compiler: Callable[[str], Path]) -> None:
    compiler(COMPILES)
    found = check_export(manifest, Empty)
    assert len(found) == 2
    assert all(each.reason.startswith("Core ML returned no ") for each in found)


def test_coremltools_without_core_ml(manifest: Path, compiler: Callable[[str], Path]) -> None:
    """Real coremltools on Linux: its predict raises a plain Exception."""
    compiler(COMPILES)
    found = check_export(manifest)
    assert [each.units for each in found] == ["CPU_ONLY", "ALL"]
    assert {each.reason for each in found} == {
        "Core ML: Model prediction is only supported on macOS version 10.13 or later."
    }


@pytest.mark.parametrize("error", [RuntimeError, TypeError, ValueError, Exception])
def test_core_ml_that_fails_one_package(
    manifest: Path,
    compiler: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def fail(*_: Any) -> None:
        raise error("Error in declaring network or plan.\nDomain=com.apple.CoreML \x1b[2J")

    monkeypatch.setattr("coremltools.models.MLModel.predict", fail)
    compiler(COMPILES)
    for each in check_export(manifest):
        assert each.reason.startswith("Core ML: Error in declaring network or plan.")
        assert each.reason.isprintable()


def test_a_compiler_that_does_not_end(
    manifest: Path, compiler: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_export.targets.coreml.apple.COMPILE_SECONDS", 0.01)
    compiler("exec sleep 5")
    (found,) = check_export(manifest, Evaluated)
    assert found.reason.startswith("coremlcompiler has not ended in 0.01 s")


def test_the_report_has_what_failed_and_what_came_after(
    manifest: Path,
    tmp_path: Path,
    compiler: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """On a Mac whose Core ML refuses everything, with one model that cannot be exported."""
    compiler(COMPILES)
    (tmp_path / "xcodebuild").write_text('#!/bin/sh\necho "Xcode 16.2"\n')
    (tmp_path / "xcodebuild").chmod(0o755)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("act_export.targets.coreml.apple.PONDERS", ("loop",))
    (tmp_path / "empty").mkdir()
    good = tmp_path / "good"
    good.mkdir()
    shutil.copy(manifest.parents[1] / "model.pt", good)
    inputs = np.zeros((2, 4, 3), np.float32)
    np.savez(good / "eval.npz", x=inputs)
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "empty"), str(good), "-o", str(tmp_path / "out")])
    said = capfd.readouterr()
    assert ended.value.code == 1
    # coremltools draws its progress before it.
    line = said.err.splitlines()[-1]
    assert line.startswith("verify-coreml: error: 3 of 3 failed: empty-loop (none): ")
    text = (tmp_path / "out" / "verify-coreml.md").read_text()
    assert text in said.out
    assert "xcode Xcode 16.2" in text
    first, *others = [line for line in text.splitlines() if "loop, fp32" in line]
    assert first.startswith("| empty-loop | loop, fp32 | none | 0 |")
    assert "model.pt" in first
    assert [line.split(" | ")[2] for line in others] == ["CPU_ONLY", "ALL"]
    assert all("Core ML: Model prediction is only supported" in line for line in others)


def test_a_folder_that_is_not_there_is_bad_input(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert len(capfd.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_report_is_for_readers_and_programs(tmp_path: Path) -> None:
    good = Result("a/model.mlpackage", "ALL", "ab", "loop, fp32", 8, 8, 0, {"y": 2e-7})
    bad = Result("b/model.mlpackage", "none", "cd", "loop, fp16", reason="refused | because")
    said = write_report(tmp_path / "out", {"macos": "15.5", "machine": "arm64"}, [good, bad])
    text = (tmp_path / "out" / "verify-coreml.md").read_text()
    assert said == text
    assert "| a/model.mlpackage | loop, fp32 | ALL | 8 | 8 | 0 | 2.0e-07 | passed |" in text
    assert "| b/model.mlpackage | loop, fp16 | none | 0 | 0 | 0 |  | refused / because |" in text
    value = json.loads((tmp_path / "out" / "verify-coreml.json").read_text())
    assert value["system"]["macos"] == "15.5"
    assert [each["reason"] for each in value["results"]] == ["", "refused | because"]


def test_elsewhere_it_says_so_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    with pytest.raises(SystemExit) as ended:
        main([str(ROOT / "models" / "hops"), "-o", str(tmp_path / "out")])
    said = capfd.readouterr()
    assert ended.value.code == 2
    assert said.err.startswith("verify-coreml: ")
    assert "needs macOS with Xcode" in said.err
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_workflow_runs_the_same_command(tmp_path: Path) -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in WORKFLOW.read_text()
    (job,) = workflow["jobs"].values()
    assert job["runs-on"].startswith("macos-")
    steps = job["steps"]
    uses = [step["uses"] for step in steps if "uses" in step]
    assert len(uses) == 3
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", each) for each in uses)
    assert any(step.get("run", "").startswith("make verify-coreml") for step in steps)
    (summary,) = [step["run"] for step in steps if "GITHUB_STEP_SUMMARY" in step.get("run", "")]
    for text in (None, "the report\n"):
        if text:
            (tmp_path / "out" / "verify-coreml").mkdir(parents=True)
            (tmp_path / "out" / "verify-coreml" / "verify-coreml.md").write_text(text)
        environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "PATH": os.environ["PATH"]}
        words = ["bash", "-e", "-c", summary]
        subprocess.run(words, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "summary").read_text() == text
    done = subprocess.run(
        ["make", "--dry-run", "verify-coreml", "PYTHON=python3"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "-m act_export.targets.coreml.apple models/charlm models/hops models/maze" in done.stdout
