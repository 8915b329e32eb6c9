"""ActKit under Swift 6 on Linux: its own tests, with real inference by the native engine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from act_artefact.manifest import read_manifest
from act_mobile import load_model
from act_profiling.rows import read_rows
from tests.android.models import MODELS
from tests.ios.archives import write_archives
from tests.ios.models import put_cases
from tests.ios.spoilt import write_spoilt
from tests.swift.compiler import CHECKOUT, WARNINGS_ARE_ERRORS, assert_formatted, folders, run

pytestmark = pytest.mark.ios

KIT = "ios_demo/ActKit"
BUILD = ["-c", "release", *WARNINGS_ARE_ERRORS, *folders(f"/src/{KIT}", "kit")]
CHARLM = "charlm-native-loop-fp32-budget"

# A call's own shape: one sequence, one time step.
TOKENS = np.load(MODELS / "charlm" / "eval.npz")["tokens"][:3, :8, None]


@pytest.fixture(scope="module")
def tested(scratch: Path, models: Path) -> str:
    """The output of the package's own tests."""
    put_cases(scratch / "cases.json")
    write_archives(scratch / "archives")
    write_spoilt(models)
    (scratch / "results").mkdir()
    _put_benchmark(scratch / "benchmark", models)
    names = {"ACT_MODELS": "models", "ACT_CASES": "cases.json", "ACT_ARCHIVES": "archives"}
    names |= {"ACT_BENCHMARK": "benchmark", "ACT_RESULTS": "results"}
    variables = {name: f"/scratch/{path}" for name, path in names.items()}
    done = run(["swift", "test", "--disable-xctest", *BUILD], scratch, variables)
    assert done.returncode == 0, done.stdout
    return done.stdout


def _put_benchmark(folder: Path, models: Path) -> None:
    shutil.copytree(models / CHARLM, folder)
    np.savez(folder / "data.npz", tokens=TOKENS)
    np.savez(folder / "wide.npz", tokens=np.concatenate([TOKENS, TOKENS], axis=2))
    np.savez(folder / "scalar.npz", tokens=np.int32(1))


def test_the_package_tests_itself(scratch: Path, tested: str) -> None:
    """All exports in cases.json, files from outside, streaming, benchmark; no warnings."""
    assert re.search(r"Test run with \d\d tests passed", tested), tested
    assert "warning" not in tested
    assert '"-swift-version","6"' in (scratch / "kit" / "release.yaml").read_text()


@pytest.mark.usefixtures("tested")
def test_the_benchmark_writes_the_runners_rows(scratch: Path, models: Path) -> None:
    folder = scratch / "results" / "benchmark"
    manifest = read_manifest(folder / "model.manifest.json")
    rows = list(read_rows(folder / "rows.bin", manifest, "ponder"))
    assert [(row.call, row.repeat) for row in rows] == [(c, r) for r in (0, 1) for c in range(24)]
    first, second = rows[:24], rows[24:]
    assert [row.digest for row in first] == [row.digest for row in second]
    assert [row.outputs["ponder_steps"].item() for row in first] == _model_steps()
    assert all(row.nanoseconds > 0 for row in rows)
    brief = read_rows(folder / "brief.bin", manifest, "ponder")
    assert {row.outputs["ponder_steps"].item() for row in brief} == {1}

    manifest = read_manifest(models / "parity-onnx-loop-fp32" / "model.manifest.json")
    (row,) = read_rows(scratch / "results" / "one.bin", manifest, "ponder")
    assert (row.call, row.repeat, row.nanoseconds) == (2, 1, 1_500_000_000_000)
    assert row.outputs["ponder_steps"].item() == 3
    np.testing.assert_equal(row.outputs["remainder"], np.float32([[0.25]]))


def _model_steps() -> list[int]:
    """N of the model itself, sequence by sequence."""
    with torch.no_grad():
        answer = load_model(MODELS / "charlm" / "model.pt").double()(
            torch.from_numpy(TOKENS[..., 0])
        )
    return answer.ponder.steps[..., 0].flatten().tolist()


@pytest.mark.usefixtures("tested")
def test_the_benchmark_is_a_program_too(scratch: Path, models: Path, tmp_path: Path) -> None:
    """As act-profile's tests use it, in place of an iPhone."""
    folder = tmp_path / "data"
    _put_benchmark(folder, models)
    program = scratch / "kit" / "release" / "act-benchmark"
    shutil.copy2(program.resolve(), tmp_path)
    given = ["--model", "model", "--data", "data.npz", "--rows", "rows.bin"]
    done = run(["/scratch/act-benchmark", "/scratch/data", *given], tmp_path)
    assert done.stdout.startswith("done: native engine, "), done.stdout
    manifest = read_manifest(folder / "model.manifest.json")
    assert len(list(read_rows(folder / "rows.bin", manifest, "ponder"))) == TOKENS.size

    refused = run(["/scratch/act-benchmark", "/scratch/data", *given[:-1], "../x"], tmp_path)
    assert refused.returncode == 2
    assert refused.stdout == "refused: ../x: no name of a file in the app's own folder\n"


@pytest.mark.usefixtures("tested")
def test_the_example_of_the_readme_compiles(scratch: Path) -> None:
    text = (CHECKOUT / KIT / "README.md").read_text()
    (example,) = re.findall(r"```swift\n(.*?)```", text, re.DOTALL)
    assert len(example.splitlines()) <= 22
    (scratch / "Example.swift").write_text(example)
    done = run(
        [
            *("swiftc", "-typecheck", "-swift-version", "6", "-warnings-as-errors"),
            *("-parse-as-library", "-I", "/scratch/kit/release/Modules"),
            *("-Xcc", "-I/src/native/engine/bindings/swift/include"),
            "-Xcc",
            "-fmodule-map-file=/scratch/kit/release/CAct.build/module.modulemap",
            "/scratch/Example.swift",
        ],
        scratch,
    )
    assert done.returncode == 0, done.stdout


def test_the_readme_has_every_argument_of_a_benchmark() -> None:
    source = (CHECKOUT / KIT / "Sources/ActKit/Benchmark.swift").read_text()
    known = re.search(r"let known = \[(.*?)\]", source, re.DOTALL)
    assert known
    section = (CHECKOUT / KIT / "README.md").read_text().partition("## Benchmark\n")[2]
    section = section.partition("\n## ")[0]
    named = set(re.findall(r"`(--[a-z-]+)", section))
    assert named == {*re.findall(r'"(--[a-z-]+)"', known[1]), "--budget-inputs", "--runtime"}


def test_sources_are_formatted(scratch: Path) -> None:
    stub = CHECKOUT / "tests/ios/stubs/CoreML.swift"
    assert_formatted([*sorted((CHECKOUT / KIT).rglob("*.swift")), stub], scratch)
