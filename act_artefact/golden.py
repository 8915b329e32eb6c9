"""``NAME.golden.npz``: real calls and their answers, to be checked on a device before it is timed.

Arrays are stacked along a first axis, the calls: every input and output by its name, the tolerance
of each float output as ``NAME.tolerance`` in its shape, and ``ponder_steps.on_threshold``, where N
may differ. An app needs nothing else to judge an artefact: see act_artefact.equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from act_artefact.data import check_vocabulary
from act_artefact.equality import Answer, Arrays
from act_artefact.errors import UserError
from act_artefact.interface import Interface
from act_artefact.manifest import Manifest
from act_artefact.npz import read_npz

TOLERANCE = ".tolerance"
ON_THRESHOLD = "ponder_steps.on_threshold"


@dataclass(frozen=True)
class GoldenCall:
    """A call with its own state, and its answer."""

    inputs: Arrays
    """Every input by name, the state and the budget among them."""
    answer: Answer


def write_golden(path: Path, calls: Sequence[GoldenCall]) -> None:
    """Write the bundle of an artefact."""
    rows = [
        {
            **call.inputs,
            **call.answer.outputs,
            **{f"{name}{TOLERANCE}": value for name, value in call.answer.tolerance.items()},
            ON_THRESHOLD: call.answer.on_threshold,
        }
        for call in calls
    ]
    stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    np.savez(path, allow_pickle=False, **stacked)


def read_golden(manifest: Manifest, folder: Path) -> list[GoldenCall]:
    """Read the bundle beside an artefact.

    Raises:
        UserError: it is missing, damaged, or not the bundle of this artefact.
    """
    path = folder / f"{Path(manifest.artefact).stem}.golden.npz"
    arrays = read_npz(path, follow=False)
    interface = manifest.interface
    if arrays.keys() != set(_dtypes(interface)):
        raise UserError(f"{path}: not the golden bundle of {manifest.artefact}: export again")
    data = arrays[interface.data.name]
    count, time = len(data) if data.ndim else 0, data.shape[2] if data.ndim > 2 else 1
    shapes = _shapes(interface, time)
    for name, dtype in _dtypes(interface).items():
        array, shape = arrays[name], (count, *shapes[name])
        if array.shape != shape or array.dtype != dtype or not count:
            raise UserError(
                f"{path}: {name!r} is {array.dtype}{list(array.shape)}, the manifest says "
                f"{dtype}{list(shape)}: export again"
            )
        if not np.isfinite(array).all() or (name.endswith(TOLERANCE) and array.min() < 0):
            raise UserError(f"{path}: {name!r} has infinite values or tolerances below 0")
    vocab_size = manifest.model.get("vocab_size")
    if interface.data.dtype == "int32" and isinstance(vocab_size, int):
        check_vocabulary(path, data, vocab_size)
    calls = [{name: array[k] for name, array in arrays.items()} for k in range(count)]
    return [_call(interface, call) for call in calls]


def _call(interface: Interface, row: Arrays) -> GoldenCall:
    floats = [t.name for t in interface.outputs if t.dtype == "float32"]
    return GoldenCall(
        {t.name: row[t.name] for t in interface.inputs},
        Answer(
            {t.name: row[t.name] for t in interface.outputs},
            {name: row[f"{name}{TOLERANCE}"] for name in floats},
            row[ON_THRESHOLD],
        ),
    )


def _dtypes(interface: Interface) -> dict[str, str]:
    """Types of all arrays, by name."""
    return {
        **{t.name: t.dtype for t in (*interface.inputs, *interface.outputs)},
        **{f"{t.name}{TOLERANCE}": t.dtype for t in interface.outputs if t.dtype == "float32"},
        ON_THRESHOLD: "bool",
    }


def _shapes(interface: Interface, time: int) -> dict[str, tuple[int, ...]]:
    """Shapes of one call's arrays, by name."""
    outputs = {t.name: t.at(time, interface.sizes) for t in interface.outputs}
    return {
        **{t.name: t.at(time, interface.sizes) for t in interface.inputs},
        **outputs,
        **{f"{name}{TOLERANCE}": shape for name, shape in outputs.items()},
        ON_THRESHOLD: outputs["ponder_steps"],
    }
