"""Exports whose manifest and golden bundle agree with each other, but not with any real model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from act_artefact.equality import Arrays

Manifest = dict[str, Any]

CHARLM = "charlm-native-loop-fp32-budget"
MAZE = "maze-native-loop-fp32-budget"


def _without_time_axis(manifest: Manifest, golden: Arrays) -> None:
    """Declare any number of time steps, of tokens that have no axis for them."""
    manifest["sequence"] = "dynamic"
    for name in ("y", "ponder_steps", "remainder"):
        output = _named(manifest["outputs"], name)
        output["shape"] = [1, *output["shape"]]
        for key in (key for key in golden if key.partition(".")[0] == name):
            golden[key] = golden[key][:, None]


def _maze_with_state(manifest: Manifest, golden: Arrays) -> None:
    """Declare a state, of a model of images, which has none."""
    tensor = {"dtype": "float32", "shape": [1, 3], "default": None}
    manifest["inputs"].append({"name": "h0", **tensor})
    manifest["outputs"].append({"name": "h0_out", **tensor})
    manifest["states"] = [{"input": "h0", "output": "h0_out", "initial": 0.0}]
    zeros = np.zeros((len(golden["x"]), 1, 3), np.float32)
    golden.update({"h0": zeros, "h0_out": zeros, "h0_out.tolerance": zeros})


def _whole_y(manifest: Manifest, golden: Arrays) -> None:
    """Declare answers of integers, which no tolerance belongs to."""
    _named(manifest["outputs"], "y")["dtype"] = "int32"
    golden["y"] = golden["y"].astype(np.int32)
    del golden["y.tolerance"]


def _more_outputs(manifest: Manifest, golden: Arrays) -> None:
    """Declare an output of integers that the model does not have."""
    tensor = {"name": "extra", "dtype": "int32", "shape": [1, 2], "default": None}
    manifest["outputs"].append(tensor)
    golden["extra"] = np.zeros((len(golden["y"]), 1, 2), np.int32)


SPOILT: dict[str, tuple[str, Callable[[Manifest, Arrays], None]]] = {
    "no-time-axis": (CHARLM, _without_time_axis),
    "maze-with-state": (MAZE, _maze_with_state),
    "whole-y": (MAZE, _whole_y),
    "more-outputs": (CHARLM, _more_outputs),
}


def write_spoilt(models: Path) -> None:
    """Write ``spoilt-NAME`` beside the exports of a folder, for each of ``SPOILT``."""
    for name, (export, spoil) in SPOILT.items():
        to = models / f"spoilt-{name}"
        to.mkdir()
        manifest = json.loads((models / export / "model.manifest.json").read_text())
        with np.load(models / export / "model.golden.npz") as read:
            golden = dict(read)
        spoil(manifest, golden)
        (to / "model.actn").write_bytes((models / export / "model.actn").read_bytes())
        (to / "model.manifest.json").write_text(json.dumps(manifest))
        np.savez(to / "model.golden.npz", allow_pickle=False, **golden)


def _named(tensors: list[Manifest], name: str) -> Manifest:
    return next(each for each in tensors if each["name"] == name)
