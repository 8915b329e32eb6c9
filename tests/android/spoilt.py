"""Exports that a stranger may have written: sound for their golden bundle, and no screen's."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from act_engine.engine import Model
from tests.android.models import exports

Manifest = dict[str, Any]
Arrays = dict[str, np.ndarray]

TEXT = "charlm-onnx-loop-fp32-budget"
HOST = "charlm-onnx-host-fp32"
MAZE = "maze-native-loop-fp32-budget"

ENDLESS = 1e30
"""A halting threshold that no halting sum reaches."""

HUGE = 2**31 - 1
SMALL = 2
"""Cells a side of a maze that is smaller than any."""


def _two_inputs(folder: Path, manifest: Manifest, golden: Arrays) -> None:
    """A second input of a model of text, which its graph does not have."""
    manifest["inputs"].append({"name": "extra", "dtype": "float32", "shape": [1, 1]})
    golden["extra"] = np.zeros((len(golden["tokens"]), 1, 1), np.float32)


def _endless(folder: Path, manifest: Manifest, golden: Arrays) -> None:
    """A part that repeats for ever."""
    for part in manifest["parts"]:
        if part["repeat"]:
            part["repeat"]["threshold"] = ENDLESS


def _small_maze(folder: Path, manifest: Manifest, golden: Arrays) -> None:
    """Mazes of two cells a side, as the engine answers them."""
    context = Model(folder / "model.actn").context()
    x = np.random.default_rng(1).integers(0, 2, (7, SMALL, SMALL)).astype(np.float32)
    side = golden["x"].shape[-1]
    for tensor in manifest["inputs"] + manifest["outputs"]:
        tensor["shape"] = [SMALL if axis == side else axis for axis in tensor["shape"]]
    golden.update({name: array[:1] for name, array in golden.items()})
    golden["x"] = x[None, None]
    golden["y"] = np.reshape(context.run_image(x), (1, 1, SMALL, SMALL, 1)).astype(np.float32)
    golden["y.tolerance"] = np.full_like(golden["y"], 1e-3)
    golden["ponder_steps"] = np.reshape(context.ponder_steps, (1, 1, 1)).astype(np.int32)
    golden["remainder"] = np.reshape(context.remainders, (1, 1, 1)).astype(np.float32)


def _graph(folder: Path, manifest: Manifest, given: onnx.ValueInfoProto, *nodes: Any) -> None:
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [given], [y])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    (folder / "model.onnx").write_bytes(model)
    manifest["sha256"] = hashlib.sha256(model).hexdigest()


def _sequence_input(folder: Path, manifest: Manifest, golden: Arrays) -> None:
    """An input that is a sequence of tensors."""
    given = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, [1])
    first = helper.make_tensor("c", TensorProto.INT64, [], [0])
    index = helper.make_node("Constant", [], ["i"], value=first)
    _graph(folder, manifest, given, index, helper.make_node("SequenceAt", ["s", "i"], ["y"]))


def _large_input(folder: Path, manifest: Manifest, golden: Arrays) -> None:
    """An input of more numbers than there are addresses."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [HUGE, HUGE])
    _graph(folder, manifest, given, helper.make_node("Identity", ["x"], ["y"]))


SPOILT: dict[str, tuple[str, Callable[[Path, Manifest, Arrays], None]]] = {
    "two-inputs": (TEXT, _two_inputs),
    "endless": (HOST, _endless),
    "small-maze": (MAZE, _small_maze),
    "sequence-input": (TEXT, _sequence_input),
    "large-input": (TEXT, _large_input),
}


def with_spoilt(to: Path) -> Path:
    """Fill a new folder with links to the exports, and with ``spoilt-NAME``; return it."""
    to.mkdir()
    for export in exports().iterdir():
        (to / export.name).symlink_to(export)
    for name, (source, spoil) in SPOILT.items():
        folder = to / f"spoilt-{name}"
        shutil.copytree(exports() / source, folder)
        file = folder / "model.manifest.json"
        manifest = json.loads(file.read_text())
        golden = dict(np.load(folder / "model.golden.npz"))
        spoil(folder, manifest, golden)
        file.write_text(json.dumps(manifest))
        np.savez(
            folder / "model.golden.npz", **{k: np.ascontiguousarray(v) for k, v in golden.items()}
        )
    return to
