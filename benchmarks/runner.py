"""Measure the cost of act-runner's own work, and check that its latency is the runtimes' own.

    python benchmarks/runner.py

Bookkeeping: all that happens between two calls, and what timing adds to a call, shown on a model
that computes nothing. Agreement: what act-runner says of each call against ONNX Runtime's own
profile of the same run, and against LiteRT's interpreter, timed in Python on the same inputs.
Profiling slows ONNX Runtime down several times: both sides are of the slower run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from act_artefact.compiling import compile_c, find_compiler
from act_artefact.interface import Interface, StatePair, Tensor
from act_artefact.manifest import Manifest, read_manifest
from act_export.api import Options, export
from act_profiling.devices import Job, Settings
from act_profiling.devices.host import HostDevice
from act_profiling.job import Call, write_data, write_plan
from act_profiling.libraries import installed_library
from act_profiling.rows import read_rows
from act_profiling.runner import SOURCES, host_runner

EMPTY = r"""
/* Stands for ONNX Runtime: a model that computes nothing. */
#include "runtime.h"
#include "memory.h"
#include <stdio.h>
static void load(Runtime *r, Graph *g, const char *path, const Part *part) {
  static const char *const in[] = {"x", "h0"}, *const out[] = {"y", "ponder_steps", "remainder",
                                                               "h0_out"};
  static const int64_t wide[] = {8, 128}, made[] = {4, 1, 1, 128};
  (void)r, (void)path, (void)part;
  g->inputs = allocate(g->input_count = 2, sizeof(Slot));
  g->outputs = allocate(g->output_count = 4, sizeof(Slot));
  for (size_t i = 0; i < 6; i++) {
    Shape *s = i < 2 ? &g->inputs[i].shape : &g->outputs[i - 2].shape;
    snprintf(s->name, NAME_SIZE, "%s", i < 2 ? in[i] : out[i - 2]);
    s->dtype = i == 3 ? INT32 : FLOAT32;
    s->rank = 2, s->sizes[0] = 1, s->sizes[1] = i < 2 ? wide[i] : made[i - 2];
  }
}
static void bind(Runtime *r, Graph *g) {
  (void)r;
  for (size_t i = 0; i < g->input_count; i++) hold_buffer(&g->inputs[i]);
  for (size_t i = 0; i < g->output_count; i++) hold_buffer(&g->outputs[i]);
}
static bool run(Runtime *r, Graph *g) { (void)r, (void)g; return true; }
static const char *reason(Runtime *r) { (void)r; return ""; }
static const char *end(Runtime *r, Graph *g) { (void)r, (void)g; return NULL; }
Runtime *open_runtime(const Plan *plan, const RuntimeOptions *options) {
  static Runtime runtime = {"empty", NULL, load, bind, run, NULL, reason, end};
  (void)plan, (void)options;
  return &runtime;
}
"""

EMPTY_INTERFACE = Interface(
    inputs=(Tensor("x", "float32", (1, 8)), Tensor("h0", "float32", (1, 128))),
    outputs=(
        Tensor("y", "float32", (1, 4)),
        Tensor("ponder_steps", "int32", (1, 1)),
        Tensor("remainder", "float32", (1, 1)),
        Tensor("h0_out", "float32", (1, 128)),
    ),
    states=(StatePair("h0", "h0_out"),),
)


def bookkeeping(folder: Path, manifest: Manifest, calls: int) -> tuple[float, float]:
    """Nanoseconds that an empty call is said to take, and that it takes in all."""
    (folder / "empty.c").write_text(EMPTY)
    manifest = replace(manifest, interface=EMPTY_INTERFACE, parts=[])
    write_plan(folder / "plan.txt", manifest)
    write_data(folder / "data.bin", manifest, _calls(manifest, calls))
    sources = [str(s) for s in SOURCES.glob("*.c") if not s.name.startswith("runtime")]
    program = str(folder / "empty")
    sources.append(str(folder / "empty.c"))
    compiler = find_compiler("the benchmark")
    compile_c("the benchmark", [*compiler, "-O2", f"-I{SOURCES}", *sources, "-o", program])
    files = [str(folder / name) for name in ("plan.txt", "data.bin", "rows.bin")]
    walls = {}
    for count in (calls, 11 * calls):
        command = [program, *files, "--library", "none", "--min-count", str(count)]
        start = time.perf_counter_ns()
        subprocess.run(command, check=True, capture_output=True)
        walls[count] = time.perf_counter_ns() - start
    rows = np.fromfile(folder / "rows.bin", np.uint8)[8:].reshape(-1, 40)
    said = float(np.median(rows[:, 16:24].copy().view("<u8")))
    return said, (walls[11 * calls] - walls[calls]) / (10 * calls)


def _calls(manifest: Manifest, count: int) -> list[Call]:
    random = np.random.default_rng(0)
    shape = manifest.interface.data.at(1)
    return [
        Call(random.standard_normal(shape).astype(np.float32), np.array([i % 50 == 0]))
        for i in range(count)
    ]


def against_interpreter(job: Job, manifest: Manifest, calls: list[Call]) -> tuple[float, float]:
    """Median microseconds of a call, by act-runner and by LiteRT's interpreter."""
    rows = job.folder / "rows.bin"
    HostDevice().run(job, Settings(warmup=50), rows)
    said = [row.nanoseconds for row in read_rows(rows, manifest, "ponder")]
    return statistics.median(said) / 1e3, with_interpreter(job, manifest, calls)


def against_profile(job: Job, manifest: Manifest, calls: list[Call]) -> tuple[float, float]:
    """The same by act-runner and by ONNX Runtime's profile of that run."""
    files = [str(job.folder / name) for name in ("plan.txt", "data.bin", "rows.bin")]
    library = str(installed_library("onnx").path)
    profile = ["--op-profile", str(job.folder / "operators")]
    command = [str(host_runner()), *files, "--library", library, *profile]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (path,) = json.loads(done.stdout)["op_profiles"]
    events = json.loads(Path(path).read_text())
    theirs = [event["dur"] for event in events if event["name"] == "model_run"]
    rows = read_rows(job.folder / "rows.bin", manifest, "ponder")
    said = [row.nanoseconds / 1e3 for row in rows][: len(theirs)]
    return statistics.median(said), statistics.median(theirs)


def with_interpreter(job: Job, manifest: Manifest, calls: list[Call]) -> float:
    """Median microseconds of a call by LiteRT's interpreter, its inputs set before."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(job.folder / manifest.artefact), num_threads=1)
    interpreter.allocate_tensors()
    places = {
        d["name"].removeprefix("serving_default_"): d for d in interpreter.get_input_details()
    }
    outputs = [d["index"] for d in interpreter.get_output_details()]
    times: list[int] = []

    def run(inputs: dict[str, Any]) -> list[Any]:
        for name, value in inputs.items():
            interpreter.set_tensor(places[name.split(":")[0]]["index"], value)
        start = time.perf_counter_ns()
        interpreter.invoke()
        times.append(time.perf_counter_ns() - start)
        return [interpreter.get_tensor(index) for index in outputs]

    _feed(run, manifest, calls)
    return statistics.median(times) / 1e3


def _feed(
    run: Callable[[dict[str, Any]], list[Any]], manifest: Manifest, calls: list[Call]
) -> None:
    """All calls in order, the state fed back: outputs are in the interface's order."""
    state: dict[str, Any] = {}
    shapes = {t.name: t.at(1) for t in manifest.interface.inputs}
    names = [t.name for t in manifest.interface.outputs]
    for call in calls:
        if call.fresh.all():
            state = {
                p.input: np.zeros(shapes[p.input], np.float32) for p in manifest.interface.states
            }
        found = dict(
            zip(names, run({manifest.interface.data.name: call.data, **state}), strict=True)
        )
        state = {p.input: found[p.output] for p in manifest.interface.states}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", nargs="?", default="models/parity/model.pt")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=500)
    options = parser.parse_args()
    print(f"installed: {', '.join(str(installed_library(t).version) for t in ('onnx', 'tflite'))}")
    with tempfile.TemporaryDirectory() as name:
        for target, other, against in (
            ("onnx", "ONNX Runtime's profile", against_profile),
            ("tflite", "LiteRT's interpreter", against_interpreter),
        ):
            folder = Path(name) / target
            export(options.model, target, output=folder, options=Options(ponder="loop", samples=5))
            manifest = read_manifest(next(folder.glob("*.manifest.json")))
            calls = _calls(manifest, options.calls)
            write_plan(folder / "plan.txt", manifest)
            write_data(folder / "data.bin", manifest, calls)
            job = Job(folder, target)
            pairs = [against(job, manifest, calls) for _ in range(options.rounds)]
            ratio = statistics.median(a / b for a, b in pairs)
            runner, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
            print(
                f"{target:7} act-runner {runner:7.1f} us   {other} {theirs:7.1f} us   {ratio:.3f}"
            )
        folder = Path(name) / "empty"
        folder.mkdir()
        said, whole = bookkeeping(folder, replace(manifest, target="onnx"), 20000)
    print(
        f"empty   a call is said to take {said:.0f} ns; bookkeeping around it {whole - said:.0f} ns"
    )


if __name__ == "__main__":
    main()
