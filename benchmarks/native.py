"""The native engine beside LiteRT, ONNX Runtime and the official converters' exports:

    python benchmarks/native.py

One ACT-LSTM step (stream form, input 8, M = 10, one thread) on a state and an input on which N = 4.
All artefacts of a case are loaded in one process and timed in turns, in bursts; a figure is the
median of the rounds. The engine is called from C, LiteRT by `invoke`, ONNX Runtime with its inputs
bound: Python adds about a microsecond to the latter two.

Then its kernels beside their limit, measured in the same run (native/engine/test/kernels_bench.c):
the larger of the time to read as many bytes from where the weights lie and the time of as many
multiply-accumulates.

`--arm64` prints exact arm64 instructions instead, of the same LSTM 128 on the emulated phone (make
emulated-device), over adb.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import peers
import torch
from export_forms import (
    CALLERS,
    halting_at_four,
    inputs_of,
    litert_call,
    make,
    ort_call,
    timed,
    write_data,
)
from peers import Call

from act_artefact import compiling
from act_engine import Model, build
from act_export import export
from act_export.api import Options
from act_export.quiet import quiet
from act_mobile import ACTModel, save_model

SIZES = (128, 512, 1024)
PRECISIONS = ("fp32", "fp16", "int8", "int4")
OFFICIAL = ("torch.onnx masked", "litert-torch masked")
RUNTIMES = {"onnx": "ONNX Runtime", "tflite": "LiteRT"}
STEPS = 20
"""Calls of act_step() for one of the loop in C."""


def compile_c(sources: list[Path], output: Path, *flags: str) -> Path:
    """Compile C files with the engine's own."""
    engine = [*build.SOURCES.glob("*.c"), *sources]
    command = [*compiling.find_compiler("the benchmark"), "-O2", f"-I{build.SOURCES}", *flags]
    compiling.compile_c("the benchmark", [*command, *map(str, engine), "-lm", "-o", str(output)])
    return output


class Engine:
    """The engine, with a loop in C around act_step()."""

    def __init__(self, folder: Path) -> None:
        sources = [Path(__file__).parent / "native_steps.c"]
        path = compile_c(sources, folder / "native_steps.so", "-shared", "-fPIC")
        self._time_steps = ctypes.CDLL(str(path)).time_steps

    def call(self, path: Path, x: np.ndarray, state: np.ndarray) -> Call:
        """``STEPS`` time steps from one state."""
        context = Model(path).context()
        y = np.empty(context.model.output_size, np.float32)
        addresses = [ctypes.c_void_p(array.ctypes.data) for array in (state, x, y)]
        kept = context, state, x, y

        def call() -> None:
            assert kept
            status = self._time_steps(context.handle, *addresses, STEPS)
            assert status == 0

        return call


def contestants(model: ACTModel, engine: Engine, folder: Path) -> Iterator[tuple[str, Call]]:
    """Every artefact of a case, loaded, with its inputs."""
    _, tensors = inputs_of(model)
    arrays = {name: t.numpy() for name, t in zip(("x", "h0", "c0"), tensors, strict=True)}
    peers.onnx(peers.Masked(model), arrays, folder / "masked.onnx")
    yield OFFICIAL[0], ort_call(folder / "masked.onnx", arrays)
    peers.litert(peers.Masked(model), tensors, folder / "masked.tflite")
    inputs = {f"args_{i}": array for i, array in enumerate(arrays.values())}
    yield OFFICIAL[1], litert_call(folder / "masked.tflite", inputs)

    save_model(folder / "model.pt", model)
    write_data(model, folder / "eval.npz")
    run = partial(export, folder / "model.pt", data=folder / "eval.npz")
    for precision in PRECISIONS:
        for target, caller in CALLERS.items():
            for ponder in ("loop", "peeled"):
                if precision == "int4":
                    continue
                options = Options(ponder=ponder, precision=precision, metric_tolerance=1.0)
                out = folder / f"{target}-{precision}-{ponder}"
                (done,) = run(target, output=out, options=options)
                yield f"{target} {precision} {ponder}", caller(done.path, arrays)
        options = Options(precision=precision, metric_tolerance=1.0)
        (done,) = run("native", output=folder / f"native-{precision}", options=options)
        x, *state = (array[0] for array in arrays.values())
        yield f"native {precision}", engine.call(done.path, x, np.concatenate(state))


def figures(hidden: int, engine: Engine, rounds: int) -> dict[str, float]:
    """Microseconds of a time step."""
    with tempfile.TemporaryDirectory() as folder:
        model = halting_at_four("lstm", hidden)
        with quiet():
            calls = dict(contestants(model, engine, Path(folder)))
        times = timed(calls, rounds, 0.03)
    return {name: us / STEPS if name.startswith("native") else us for name, us in times.items()}


def table(hidden: int, times: dict[str, float]) -> str:
    """One case in markdown."""
    official = min(OFFICIAL, key=times.__getitem__)
    rows = [
        f"### ACT-LSTM {hidden}, N = 4 of 10",
        "",
        f"{official}, the best official export: {times[official]:.1f} us.",
        "",
        "| | ONNX Runtime us | LiteRT us | engine us | against the faster | against official |",
        "|---|---|---|---|---|---|",
    ]
    for precision in PRECISIONS:
        ours = times[f"native {precision}"]
        best = [
            min(us for name, us in times.items() if name.startswith(f"{target} {precision}"))
            for target in RUNTIMES
            if precision != "int4"
        ]
        cells = [f"{us:.1f}" for us in best] or [""] * len(RUNTIMES)
        against = f"{min(best) / ours:.1f}x" if best else ""
        rows.append(
            f"| {precision} | {' | '.join(cells)} | {ours:.2f} | {against} | "
            f"{times[official] / ours:.1f}x |"
        )
    return "\n".join([*rows, ""])


def limits(folder: Path) -> str:
    """The kernels beside what this processor can do, in markdown."""
    program = compile_c([build.SOURCES / "test" / "kernels_bench.c"], folder / "kernels_bench")
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    return f"### Kernels and their limit\n\n```\n{done.stdout}```\n"


def arm64(folder: Path) -> str:
    """Instructions of a time step on the emulated phone, in markdown."""
    from act_profiling import profile
    from act_profiling.devices.open import open_devices

    model = make("lstm", 128, bias=-0.75)  # N is 3 or 4 on random inputs
    save_model(folder / "model.pt", model)
    write_data(model, folder / "eval.npz")
    rows = ["| | instructions of a time step | r^2 |", "|---|---|---|"]
    for precision in ("fp32", "fp16", "int8"):
        options = Options(precision=precision, metric_tolerance=1.0)
        (done,) = export(
            folder / "model.pt",
            "native",
            output=folder / precision,
            data=folder / "eval.npz",
            options=options,
        )
        (phone,) = open_devices("emulated")
        with closing(phone):
            report = profile([done.path], folder / "eval.npz", phone, items=2)
        line = report["variants"][0]["instructions"]["line"]
        cost = f"{line['fixed']:,.0f} + {line['per_step']:,.0f} x N"
        rows.append(f"| {precision} | {cost} | {line['r2']:.4f} |")
    return "\n".join([*rows, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="hidden units")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--arm64", action="store_true", help="count instructions instead")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the tables there")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    found, text = {}, []
    with tempfile.TemporaryDirectory() as name:
        if arguments.arm64:
            print(arm64(Path(name)))
            return
        engine = Engine(Path(name))
        for hidden in map(int, arguments.sizes.split(",")):
            found[hidden] = figures(hidden, engine, arguments.rounds)
            text.append(table(hidden, found[hidden]))
            print(text[-1], flush=True)
        text.append(limits(Path(name)))
        print(text[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(text))


if __name__ == "__main__":
    main()
