"""Every exported form beside its peers' exports: `python benchmarks/export_forms.py`.

One ACT step (stream form, input 8, M = 10, one thread) on states and inputs on which N = 4, each
case with a GRU or an LSTM of 128 and 512. All artefacts of a case are loaded in one process and
timed in turns, in bursts; a figure is the median of the rounds, so ratios within a case mean
something where absolute times do not. ONNX Runtime is timed with its inputs bound (but for the
line's budget inputs, which cannot be), LiteRT by `invoke` alone, PyTorch and ExecuTorch by the
call.

The straight line (time = fixed + per step x N) comes from the same model with a halting bias so low
that its budget input alone decides on N = 1 ... 10.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import peers
import torch
from peers import Call
from torch import Tensor

from act_export import export
from act_export.api import Options
from act_export.quiet import quiet
from act_mobile import ACTConfig, ACTModel, save_model

INPUT, OUTPUT, LIMIT = 8, 4, 10
CASES = (("lstm", 128), ("lstm", 512), ("gru", 128), ("gru", 512))
PEERS = ("PyTorch eager, early exit", "torch.onnx Loop", "torch.onnx masked",
         "litert-torch masked", "ExecuTorch XNNPACK masked")  # fmt: skip
COMPARED = {
    "onnx": ("torch.onnx Loop", "torch.onnx masked"),
    "tflite": ("litert-torch masked",),
}


def make(cell: str, hidden: int, bias: float) -> ACTModel:
    """A model whose N depends on its halting bias alone, but for the weights' noise."""
    torch.manual_seed(1)
    config = ACTConfig(INPUT, hidden, OUTPUT, cell=cell, max_ponder=LIMIT)
    model = ACTModel(config).eval().requires_grad_(False)
    model.act.halting[0].bias.fill_(bias)
    return model


def inputs_of(model: ACTModel) -> tuple[int, tuple[Tensor, ...]]:
    """N on x and the state after some time steps, and these."""
    torch.manual_seed(2)
    x = torch.randn(1, 6, INPUT)
    out = model(x[:, :5])
    steps = int(model(x[:, 5:], out.state).ponder.steps.item())
    return steps, (x[:, 5], *out.state[0])


def halting_at_four(cell: str, hidden: int) -> ACTModel:
    """The model at the first of some halting biases with which N = 4."""
    models = (make(cell, hidden, float(bias)) for bias in np.arange(-1.0, -0.5, 0.05))
    return next(model for model in models if inputs_of(model)[0] == 4)


def ort_call(path: Path, inputs: dict[str, np.ndarray[Any, Any]]) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    if session.get_overridable_initializers():  # which cannot be bound
        return lambda: session.run(None, inputs)
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_cpu_input(name, value)
    for value in session.get_outputs():
        binding.bind_output(value.name)
    return lambda: session.run_with_iobinding(binding)


def litert_call(path: Path, inputs: dict[str, np.ndarray[Any, Any]]) -> Call:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    (signature,) = interpreter.get_signature_list()
    details = interpreter.get_signature_runner(signature).get_input_details()
    for name, value in inputs.items():
        interpreter.set_tensor(details[name]["index"], value)
    return interpreter.invoke


CALLERS: dict[str, Callable[[Path, dict[str, np.ndarray[Any, Any]]], Call]] = {
    "onnx": ort_call,
    "tflite": litert_call,
}


def contestants(model: ACTModel, folder: Path) -> Iterator[tuple[str, Call]]:
    """Every artefact of a case, loaded, with its inputs."""
    _, tensors = inputs_of(model)
    names = ("x", "h0", "c0")[: len(tensors)]
    arrays = {name: t.numpy() for name, t in zip(names, tensors, strict=True)}
    yield PEERS[0], peers.eager(model, tensors)
    for name, kind in zip(PEERS[1:3], (peers.Looped, peers.Masked), strict=True):
        path = folder / f"{kind.__name__}.onnx"
        peers.onnx(kind(model), arrays, path)
        yield name, ort_call(path, arrays)
    peers.litert(peers.Masked(model), tensors, folder / "masked.tflite")
    yield (
        PEERS[3],
        litert_call(
            folder / "masked.tflite", {f"args_{i}": a for i, a in enumerate(arrays.values())}
        ),
    )
    try:
        yield PEERS[4], peers.executorch(peers.Masked(model), tensors)
    except ModuleNotFoundError:
        print("ExecuTorch is not installed: pip install 'act-mobile[bench]'")

    save_model(folder / "model.pt", model)
    data = folder / "eval.npz"
    write_data(model, data)
    for target, caller in CALLERS.items():
        for precision in ("fp32", "fp16", "int8"):
            for ponder in ("loop", "peeled", "unroll"):
                if precision != "fp32" and ponder == "unroll":
                    continue
                options = Options(ponder=ponder, precision=precision, metric_tolerance=1.0)
                out = folder / f"{target}-{precision}-{ponder}"
                (done,) = export(
                    folder / "model.pt", target, output=out, data=data, options=options
                )
                yield f"{target} {ponder} {precision}", caller(done.path, arrays)


def write_data(model: ACTModel, path: Path) -> None:
    """Random sequences with the model's own answers as targets, so that int8 can be judged."""
    torch.manual_seed(3)
    x = torch.randn(20, 20, INPUT)
    np.savez(path, x=x.numpy(), targets=model(x).output.argmax(-1).numpy(), metric="accuracy")


def timed(calls: dict[str, Call], rounds: int, burst: float) -> dict[str, float]:
    """Microseconds of each, the median of rounds in which each has one burst in turn."""
    counts, times = {}, {name: [] for name in calls}
    for name, call in calls.items():
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < burst * 2:
            call()
            count += 1
        counts[name] = max(count // 2, 1)
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            times[name].append((time.perf_counter() - start) / counts[name] * 1e6)
    return {name: statistics.median(each) for name, each in times.items()}


def lines(cell: str, hidden: int, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Fixed cost, cost per ponder step and r^2 of every loop form."""
    model = make(cell, hidden, bias=-9.0)
    save_model(folder / "budget.pt", model)
    found = {}
    for target, caller in CALLERS.items():
        for ponder in ("loop", "peeled"):
            options = Options(ponder=ponder, budget_inputs=True)
            out = folder / f"{target}-budget-{ponder}"
            (done,) = export(folder / "budget.pt", target, output=out, options=options)
            states = {pair.input: np.zeros((1, hidden), np.float32)
                      for pair in done.manifest.interface.states}  # fmt: skip
            calls = {}
            for limit in range(1, LIMIT + 1):
                given = {
                    "x": np.ones((1, INPUT), np.float32),
                    **states,
                    "halt_threshold": np.array([0.99], np.float32),
                    "max_ponder": np.array([limit], np.int32),
                }
                calls[str(limit)] = caller(done.path, given)
            times = timed(calls, rounds, 0.02)
            n = np.array([int(limit) for limit in times], float)
            us = np.array(list(times.values()))
            slope, fixed = np.polyfit(n, us, 1)
            found[f"{target} {ponder}"] = {
                "fixed_us": float(fixed),
                "per_step_us": float(slope),
                "r2": float(np.corrcoef(n, us)[0, 1] ** 2),
            }
    return found


def table(case: str, times: dict[str, float], fits: dict[str, dict[str, float]]) -> str:
    """One case in markdown."""
    rows = [f"### {case}", "", "| | us | against peers |", "|---|---|---|"]
    for name, us in times.items():
        target = name.split()[0]
        against = [
            f"{times[peer] / us:.2f}x {peer}" for peer in COMPARED.get(target, ()) if peer in times
        ]
        rows.append(f"| {name} | {us:.0f} | {', '.join(against)} |")
    rows += [
        "",
        "| time = fixed + per step x N | fixed us | per step us | r^2 |",
        "|---|---|---|---|",
    ]
    for name, fit in fits.items():
        rows.append(
            f"| {name} | {fit['fixed_us']:.1f} | {fit['per_step_us']:.1f} | {fit['r2']:.4f} |"
        )
    return "\n".join([*rows, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(f"{c}-{h}" for c, h in CASES))
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the tables there")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    figures, text = {}, []
    for case in arguments.cases.split(","):
        cell, hidden = case.split("-")
        with tempfile.TemporaryDirectory() as folder:
            model = halting_at_four(cell, int(hidden))
            with quiet():
                calls = dict(contestants(model, Path(folder)))
            times = timed(calls, arguments.rounds, 0.03)
            with quiet():
                fits = lines(cell, int(hidden), Path(folder), arguments.rounds)
        figures[case] = {"microseconds": times, "lines": fits}
        text.append(table(f"ACT-{cell.upper()} {hidden}, N = 4 of {LIMIT}", times, fits))
        print(text[-1], flush=True)
    versions = {
        name: importlib.metadata.version(name)
        for name in ("torch", "onnxruntime", "ai-edge-litert", "litert-torch")
    }
    if arguments.json:
        arguments.json.write_text(json.dumps({"versions": versions, "cases": figures}, indent=1))
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(text))


if __name__ == "__main__":
    main()
