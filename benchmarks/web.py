"""The engine for the web beside onnxruntime-web and LiteRT.js, in one headless Chromium:

    python -m benchmarks.web

Microseconds of a time step, one thread; all are loaded in one page and take turns. Each turn runs
400 time steps in chunks of half a millisecond; a figure is the mean over the chunks of their least
time in any turn, in brackets of their median. charlm reads 400 characters with its state fed back;
parity and hops get 400 inputs, each a sequence of one time step. Every call is made as an app makes
it, and its y is read. The two runtimes get fp32 exports in the forms loop and peeled, of which the
faster counts. "native" is the engine in C on the same processor, before and after the page. Then
the sizes of the files that the page fetched. Needs npm and Chromium (.ci/packages).
"""

from __future__ import annotations

import ctypes
import gzip
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from act_artefact import compiling
from act_artefact.cache import cache
from act_artefact.form import Ponder
from act_engine import Model, build
from act_engine.wasm import WEB
from act_export.quiet import quiet
from tests.clients.browser import visit
from tests.clients.clients.litert_js import CLIENT as LITERT
from tests.clients.clients.onnxruntime_web import CLIENT as ONNXRUNTIME
from tests.clients.environments import npm
from tests.clients.exports import MODELS, Artefact, Row, make

NAMES = ("charlm", "parity", "hops")
RUNTIMES = {"onnx": ONNXRUNTIME, "tflite": LITERT}
PRECISIONS = ("fp32", "int8")
FORMS: tuple[Ponder, ...] = ("loop", "peeled")
STEPS, CHUNK = 400, 40
"""Time steps, and how many of them at once in C."""

TURNS = 25
SECONDS = 600
"""The most that the page may take, on a machine that others use, too."""

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Without these headers the page's clock has steps of 100 us; with them, of 5."""

Chunks = list[list[float]]
"""Microseconds of each chunk in each turn."""

Times = dict[str, Any]
"""For each subject ``n``, the mean N, and ``us``, its chunks."""


def facts(artefact: Artefact, name: str) -> dict[str, Any]:
    """A model's inputs, as web.mjs reads them."""
    with np.load(MODELS / name / "eval.npz") as data:
        tokens = "tokens" in data
        values = data["tokens" if tokens else "x"]
    rows = values.reshape(-1, 1 if tokens else values.shape[-1])[:STEPS]
    inputs = {tensor.name: tensor.shape for tensor in artefact.manifest.interface.inputs}
    return {
        "tokens": tokens,
        "width": rows.shape[1],
        "values": rows.ravel().tolist(),
        "states": {key: shape[-1] for key, shape in inputs.items() if re.match(r"[hc]\d", key)},
    }


def in_c(artefact: Artefact, model: dict[str, Any], folder: Path) -> Callable[[int], None]:
    """Return a function that runs a chunk of a model's inputs in C, given its first time step."""
    made = folder / "native_steps.so"
    if not made.exists():
        sources = [*build.SOURCES.glob("*.c"), Path(__file__).with_name("native_steps.c")]
        command = [*compiling.find_compiler("the benchmark"), *build.FLAGS, f"-I{build.SOURCES}"]
        compiling.compile_c("the benchmark", [*command, *map(str, sources), "-lm", "-o", str(made)])
    context = Model(artefact.path).context()
    dtype = np.int32 if model["tokens"] else np.float32
    values = np.array(model["values"], dtype).reshape(STEPS, -1)
    y = np.empty((CHUNK, context.model.output_size), np.float32)
    library = ctypes.CDLL(str(made))

    def sequence(first: int) -> None:
        if first == 0:
            context.reset()
        context.run(values[first : first + CHUNK, 0])

    def sequences(first: int) -> None:
        x, to = (ctypes.c_void_p(array.ctypes.data) for array in (values[first:], y))
        width, count = ctypes.c_long(model["width"]), ctypes.c_long(CHUNK)
        assert library.sequences(context.handle, x, width, to, count) == 0

    return sequence if model["tokens"] else sequences


def timed(chunks: dict[str, Callable[[int], None]]) -> dict[str, Chunks]:
    """Time all in turns."""
    times: dict[str, Chunks] = {name: [[] for _ in range(0, STEPS, CHUNK)] for name in chunks}
    for _ in range(TURNS):
        for name, run in chunks.items():
            for first in range(0, STEPS, CHUNK):
                start = time.perf_counter()
                run(first)
                times[name][first // CHUNK].append((time.perf_counter() - start) * 1e6)
    return times


def measure(packages: Path, folder: Path) -> dict[str, Any]:
    """Export, load and time everything, and return the page's answer.

    Args:
        packages: the folder of npm's packages.
        folder: for what is made.
    """
    rows = {
        **{f"{n}-native-{p}": (Row(n, "loop", p), "native") for n in NAMES for p in PRECISIONS},
        **{f"{n}-{t}-{f}": (Row(n, f), t) for n in NAMES for t in RUNTIMES for f in FORMS},
    }
    artefacts = {}
    for name, (row, target) in rows.items():
        (folder / name).mkdir()
        with quiet():
            artefacts[name] = make(row, target, folder / name)
    models = {name: facts(artefacts[f"{name}-native-fp32"], name) for name in NAMES}
    kinds = {"native": "engine", "onnx": "onnxruntime", "tflite": "litert"}
    job = {
        "files": {name: str(each.path) for name, each in artefacts.items()},
        "subjects": {name: (kinds[target], row.model) for name, (row, target) in rows.items()},
        "models": models,
        "turns": TURNS,
    }
    native = {
        name: in_c(each, models[rows[name][0].model], folder)
        for name, each in artefacts.items()
        if rows[name][1] == "native"
    }
    before = timed(native)
    folders = {"bench": Path(__file__).parent, "engine": WEB, "packages": packages}
    done = visit("bench/web.html", folders, job, folder, headers=ISOLATED, seconds=SECONDS)
    after = timed(native)
    if "subjects" not in done:
        raise RuntimeError(done["refused"])
    assert done["isolated"]
    for name in native:
        done["subjects"][f"{name} in C"] = {
            "us": [[*one, *two] for one, two in zip(before[name], after[name], strict=True)]
        }
    return done


def speed(times: Times) -> str:
    """The times in markdown."""
    lines = [
        f"| | N | engine, web | {ONNXRUNTIME} | {LITERT} | against the faster | engine, native |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in NAMES:
        for precision in PRECISIONS:
            ours = times[f"{name}-native-{precision}"]
            cells = [f"{ours['n']:.2f}", cell(ours["us"])]
            best = [
                min((times[f"{name}-{target}-{form}"]["us"] for form in FORMS), key=least)
                for target in RUNTIMES
                if precision == "fp32"
            ]
            cells += [cell(us) for us in best] or [""] * len(RUNTIMES)
            cells.append(f"{min(map(least, best)) / least(ours['us']):.1f}x" if best else "")
            cells.append(cell(times[f"{name}-native-{precision} in C"]["us"]))
            lines.append(f"| {name} {precision} | {' | '.join(cells)} |")
    return "\n".join(lines)


def least(us: Chunks) -> float:
    """Microseconds of a time step where nothing else ran."""
    return sum(map(min, us)) / STEPS


def cell(us: Chunks) -> str:
    """The least, and the median."""
    return f"{least(us):.1f} ({sum(map(statistics.median, us)) / STEPS:.1f})"


def sizes(fetched: list[str], packages: Path) -> str:
    """The files of each runtime that a page fetches, in markdown."""
    folders = {"act.wasm and act.js": ("/engine/", WEB)}
    for client in RUNTIMES.values():
        scope = client.package.split("/")[0]
        folders[str(client)] = (f"/packages/{scope}/", packages / scope)
    lines = ["| | KB | gzipped KB |", "|---|---|---|"]
    for name, (place, folder) in folders.items():
        files = {folder / path.removeprefix(place) for path in fetched if path.startswith(place)}
        contents = [file.read_bytes() for file in files]
        raw, packed = sum(map(len, contents)), sum(len(gzip.compress(each)) for each in contents)
        lines.append(f"| {name} | {raw / 1e3:,.0f} | {packed / 1e3:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    environment = cache() / "web-benchmark"
    npm(environment, [f"{client.package}@{client.version}" for client in RUNTIMES.values()])
    packages = environment / "node_modules"
    with tempfile.TemporaryDirectory() as scratch:
        done = measure(packages, Path(scratch))
    print(done["agent"], speed(done["subjects"]), sizes(done["fetched"], packages), sep="\n\n")


if __name__ == "__main__":
    main()
