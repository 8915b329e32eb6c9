"""``make verify-coreml``: all of it but Apple's compiler and runtime, which are on a Mac alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

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


def test_the_report_is_for_readers_and_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Result("a/model.mlpackage", "ALL", "ab", "loop, fp32", 8, 8, 0, {"y": 2e-7})
    bad = Result("b/model.mlpackage", "none", "cd", "loop, fp16", reason="refused | because")
    write_report(tmp_path / "out", {"macos": "15.5", "machine": "arm64"}, [good, bad])
    text = (tmp_path / "out" / "verify-coreml.md").read_text()
    assert capsys.readouterr().out == text
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


def test_the_workflow_runs_the_same_command() -> None:
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
    done = subprocess.run(
        ["make", "--dry-run", "verify-coreml", "PYTHON=python3"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "-m act_export.targets.coreml.apple models/charlm models/hops models/maze" in done.stdout
