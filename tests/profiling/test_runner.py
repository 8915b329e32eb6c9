"""act-runner, compiled here, on each runtime: the answers and the rows."""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from act_artefact.errors import UserError
from act_artefact.manifest import Manifest, read_manifest
from act_export import runtimes
from act_profiling.devices import Job, Settings
from act_profiling.devices.host import HostDevice
from act_profiling.job import Call, write_data, write_plan
from act_profiling.libraries import installed_library, own_library
from act_profiling.rows import Keep, Row, read_rows
from act_profiling.runner import host_runner
from tests.profiling.conftest import Exported
from tests.profiling.running_sum import SIZE, running_sum

Arrays = dict[str, npt.NDArray[Any]]


def forms() -> list[Any]:
    """Every form on every runtime; those that differ most for the runner by default."""
    chosen = {
        ("onnx", "loop", "stream", 2, True),
        ("onnx", "host", "stream", 1, False),
        ("tflite", "loop", "dynamic", 1, False),
        ("tflite", "host", "stream", 1, True),
        ("native", "loop", "stream", 2, True),
        ("native", "loop", 3, 2, False),
        ("native", "loop", "dynamic", 1, False),
    }
    others = {
        (target, ponder, sequence, 1, False)
        for target in ("onnx", "tflite")
        for ponder, sequence in (
            ("loop", "stream"),
            ("loop", 3),
            ("loop", "dynamic"),
            ("unroll", 3),
        )
    }
    return [
        pytest.param(
            *form,
            id="-".join(map(str, form)),
            marks=() if form in chosen else (pytest.mark.property,),
        )
        for form in sorted(chosen | others, key=str)
    ]


def calls_of(manifest: Manifest, lengths: list[int]) -> list[Call]:
    """Sequences of so many calls, one after the other, of random numbers."""
    random = np.random.default_rng(0)
    calls = []
    for length in lengths:
        for place in range(length):
            time = manifest.sequence if isinstance(manifest.sequence, int) else 1 + len(calls) % 5
            x = 2 * random.standard_normal(manifest.interface.data.at(time))
            calls.append(Call(x.astype(np.float32), np.full(manifest.batch, place == 0)))
    return calls


def answers(manifest: Manifest, artefact: Path, calls: list[Call]) -> list[Arrays]:
    """Compute the answers of the runtime's Python package, the state fed back as an app would."""
    runtime = runtimes.load(manifest.target, artefact, manifest.parts)
    interface = manifest.interface
    shapes = {t.name: t.at(1) for t in interface.inputs}
    budget = {t.name: np.full(t.at(1), t.default, t.dtype) for t in interface.budget}
    state: Arrays = {}
    found = []
    for call in calls:
        if call.fresh.all():
            state = {p.input: np.zeros(shapes[p.input], np.float32) for p in interface.states}
        outputs = runtime.run({interface.data.name: call.data, **state, **budget})
        found.append({name: np.array(value) for name, value in outputs.items()})
        state = {p.input: found[-1][p.output] for p in interface.states}
    return found


def prepare(folder: Path, manifest: Manifest, calls: list[Call]) -> Job:
    write_plan(folder / "plan.txt", manifest)
    write_data(folder / "data.bin", manifest, calls)
    first = tuple(i for i, call in enumerate(calls) if call.fresh.all())
    return Job(folder, manifest.target, first)


def run(job: Job, manifest: Manifest, keep: Keep = "all", **settings: Any) -> list[Row]:
    rows = job.folder / "rows.bin"
    HostDevice().run(job, Settings(keep=keep, **settings), rows)
    return list(read_rows(rows, manifest, keep))


def started(job: Job, *options: str, library: str | None = None) -> Any:
    """The runner itself, with options that no device gives."""
    files = [str(job.folder / name) for name in ("plan.txt", "data.bin", "rows.bin")]
    found = library or str(installed_library(job.target).path)
    return subprocess.run(
        [str(host_runner()), *files, "--library", found, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("target", "ponder", "sequence", "batch", "budget_inputs"), forms())
def test_answers_are_those_of_the_runtimes_package(
    exported: Exported,
    target: str,
    ponder: str,
    sequence: str | int,
    batch: int,
    budget_inputs: bool,
) -> None:
    artefact = exported(target, ponder, sequence, batch=batch, budget_inputs=budget_inputs)
    manifest = read_manifest(artefact.with_suffix(".manifest.json"))
    calls = calls_of(manifest, [5, 3, 4])
    job = prepare(artefact.parent, manifest, calls)
    expected = answers(manifest, artefact, calls)

    rows = run(job, manifest, warmup=2, min_count=20)

    assert [row.call for row in rows] == 2 * list(range(len(calls)))
    assert [row.repeat for row in rows] == len(calls) * [0] + len(calls) * [1]
    assert len({int(n) for a in expected for n in a["ponder_steps"].flat}) > 1
    for row in rows:
        assert row.nanoseconds > 0
        assert row.digest == zlib.crc32(row.outputs["y"].tobytes())
        for name in (tensor.name for tensor in manifest.interface.outputs):
            value = expected[row.call][name]
            assert row.outputs[name].dtype == value.dtype
            np.testing.assert_array_equal(row.outputs[name], value, err_msg=name)


def test_each_row_of_a_batch_starts_when_it_is_fresh(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path, batch=2, initial=10.0)
    x = np.ones((2, SIZE), np.float32)
    fresh = [(True, True), (False, False), (False, True), (True, False), (False, False)]
    job = prepare(tmp_path, manifest, [Call(x, np.array(each)) for each in fresh])

    found = [row.outputs["y"][:, 0].tolist() for row in run(job, manifest)]

    assert found == [[11, 11], [12, 12], [13, 11], [11, 12], [12, 13]]


def test_a_call_may_bring_its_state(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    x, state = np.ones((1, SIZE), np.float32), {"h0": np.full((1, SIZE), 5, np.float32)}
    on, fresh = np.array([False]), np.array([True])
    job = prepare(tmp_path, manifest, [Call(x, fresh), Call(x, on, state), Call(x, on)])

    assert [row.outputs["ponder_steps"].item() for row in run(job, manifest)] == [1, 6, 7]


def test_a_run_resumes_at_a_sequence(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [3, 2, 4]))
    whole = run(job, manifest)

    assert started(job, "--from", "5", "--keep", "all", "--warmup", "4").returncode == 0
    rest = list(read_rows(tmp_path / "rows.bin", manifest, "all"))

    assert [(row.call, row.repeat) for row in rest] == [(call, 0) for call in range(5, 9)]
    for row, before in zip(rest, whole[5:], strict=True):
        np.testing.assert_array_equal(row.outputs["y"], before.outputs["y"])


def test_rows_keep_what_is_asked(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [2]))

    assert set(run(job, manifest, keep="ponder")[0].outputs) == {"ponder_steps", "remainder"}
    assert set(run(job, manifest, keep="all")[0].outputs) == {
        *("y", "ponder_steps", "remainder", "h0_out")
    }


def test_runs_until_enough_is_measured(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [4]))

    assert len(run(job, manifest, min_count=9)) == 12
    rows = run(job, manifest, min_seconds=0.05)
    assert rows[-1].repeat > 1
    assert len(rows) == 4 * (rows[-1].repeat + 1)


def test_says_what_it_ran(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [4]))

    settings = Settings(warmup=3, cpus="1", memory=True)
    facts = HostDevice().run(job, settings, tmp_path / "rows.bin").facts

    assert facts["runtime"] == f"onnxruntime {installed_library('onnx').version}"
    assert (facts["calls"], facts["repeats"], facts["cpus"]) == (4, 1, "1")
    assert 0 < facts["first_ns"] < facts["warmup_ns"] < facts["init_ns"]
    assert 0 < facts["base_kib"] < facts["init_peak_kib"] <= facts["peak_kib"]


def test_operators_are_profiled_apart(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [4]))

    done = started(job, "--op-profile", str(tmp_path / "operators"))

    (profile,) = json.loads(done.stdout)["op_profiles"]
    events = json.loads(Path(profile).read_text())
    assert "Add" in {event["args"].get("op_name") for event in events if "args" in event}


def test_the_device_describes_itself() -> None:
    described = HostDevice().describe()

    assert json.loads(json.dumps(described)) == described
    assert described["cores"]
    assert described["memory_kib"] > 0


def test_without_a_compiler_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="C compiler cc.*install gcc"):
        host_runner()


def test_the_runner_is_built_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = host_runner()
    made = first.stat().st_mtime_ns
    assert tmp_path in first.parents
    assert host_runner() == first
    assert first.stat().st_mtime_ns == made


def test_a_users_own_library_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one file like libonnxruntime"):
        own_library(tmp_path, "onnx")
    file = tmp_path / "libonnxruntime.so.1.20.0"
    file.touch()
    assert own_library(tmp_path, "onnx").path == file
