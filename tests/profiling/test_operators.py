"""Operators' times are read from the profiles that real runtimes write."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_artefact.errors import CheckFailed
from act_artefact.manifest import read_manifest
from act_profiling.devices import Settings
from act_profiling.devices.host import HostDevice
from act_profiling.operators import Operator, profile_reader, read_operators
from act_profiling.rows import read_rows
from tests.profiling.conftest import Exported
from tests.profiling.test_runner import calls_of, prepare


def profiled(artefact: Path) -> tuple[dict[str, Operator], float, int]:
    """Operators by name, the mean N of a call, and the time of all calls together."""
    manifest = read_manifest(artefact.with_suffix(".manifest.json"))
    job = prepare(artefact.parent, manifest, calls_of(manifest, [1] * 60))
    settings = Settings(warmup=0, operators=True)
    outcome = HostDevice().run(job, settings, job.folder / "rows.bin")
    rows = list(read_rows(outcome.rows, manifest, "ponder"))
    steps = sum(int(row.outputs["ponder_steps"].sum()) for row in rows) / len(rows)
    return {each.name: each for each in outcome.operators}, steps, len(rows)


@pytest.mark.parametrize(
    ("target", "product"),
    [("onnx", "Gemm"), ("tflite", "Delegate/Fully Connected (NC, F32) GEMM")],
)
def test_what_the_loop_runs_is_run_for_each_ponder_step(
    exported: Exported, target: str, product: str
) -> None:
    found, steps, calls = profiled(exported(target, "loop"))
    assert calls >= 60
    assert found[product].runs_per_call > steps > 1
    assert found[product].nanoseconds_per_call > 0
    assert not set(profile_reader(target).BODIES) & set(found)
    times = [each.nanoseconds_per_call for each in found.values()]
    assert times == sorted(times, reverse=True)


def test_without_asking_there_is_no_profile(exported: Exported) -> None:
    artefact = exported("onnx", "loop")
    manifest = read_manifest(artefact.with_suffix(".manifest.json"))
    job = prepare(artefact.parent, manifest, calls_of(manifest, [1]))
    assert HostDevice().run(job, Settings(), job.folder / "rows.bin").operators == ()


@pytest.mark.parametrize("target", ["onnx", "tflite"])
@pytest.mark.parametrize("text", ["", "[{", '[{"cat": "Node"}]', "Summary by node type\n"])
def test_what_is_no_profile_is_refused(tmp_path: Path, target: str, text: str) -> None:
    (tmp_path / "p").write_text(text)
    with pytest.raises(CheckFailed, match="p: not a profile"):
        read_operators(target, [tmp_path / "p"], 1)


def test_graphs_of_one_artefact_are_added_up(tmp_path: Path) -> None:
    event = '{"cat": "Node", "name": "a_kernel_time", "dur": %d, "args": {"op_name": "%s"}}'
    files = []
    for number, (duration, name) in enumerate(((4, "Gemm"), (6, "Gemm"), (20, "Add"))):
        files.append(tmp_path / str(number))
        files[-1].write_text(f"[{event % (duration, name)}]")
    found = read_operators("onnx", files, 2)
    assert found == (Operator("Add", 10_000, 0.5), Operator("Gemm", 5_000, 1.0))
