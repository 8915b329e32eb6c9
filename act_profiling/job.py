"""An artefact and data as the flat files that a runner reads: ``plan.txt`` and ``data.bin``.

``act-runner`` is a C program that parses nothing: the plan is lines of words, the data are
little-endian bytes in the order in which they are fed. Formats: docs/profiling-formats.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from act_artefact.form import CallShape
from act_artefact.interface import Tensor
from act_artefact.manifest import Manifest

Array = npt.NDArray[Any]

PLAN_FORMAT = "act-plan 1"
DATA_MAGIC = b"ACTDATA1"
EXPLICIT_STATE = 1
"""Flag of a call that brings its own state instead of going on from the one before."""


@dataclass(frozen=True)
class Call:
    """One call of the artefact."""

    data: Array
    """The first data input, (B, ...) or (B, T, ...)."""
    fresh: npt.NDArray[np.bool_]
    """Rows that start from the initial state: (B,)."""
    state: dict[str, Array] | None = None
    """The whole state, by input name, where the call brings its own."""
    places: tuple[tuple[int, int, int], ...] = ()
    """Which sequence each row belongs to, where it starts in it, and for how many time steps."""
    others: dict[str, Array] = field(default_factory=dict)
    """The further data inputs, by name."""


def write_plan(path: Path, manifest: Manifest, budget: dict[str, float] | None = None) -> None:
    """Write what a runner must know of the artefact, which lies beside the plan.

    Args:
        budget: values for the artefact's budget inputs other than their defaults.
    """
    path.write_text("".join(f"{line}\n" for line in _plan(manifest, budget or {})))


def _plan(manifest: Manifest, budget: dict[str, float]) -> Iterator[str]:
    interface = manifest.interface
    yield PLAN_FORMAT
    yield f"target {manifest.target}"
    yield f"artefact {_word(manifest.artefact)}"
    yield f"batch {manifest.batch}"
    for tensor in interface.inputs:
        yield f"input {_tensor(tensor, interface.sizes)}"
    for tensor in interface.outputs:
        yield f"output {_tensor(tensor, interface.sizes)}"
    for pair in interface.states:
        yield f"state {_word(pair.input)} {_word(pair.output)} {pair.initial:g}"
    for tensor in interface.budget:
        yield f"budget {_word(tensor.name)} {budget.get(tensor.name, tensor.default):.9g}"
    for part in manifest.parts:
        yield f"part {_word(part.name)}"
        for name in part.inputs:
            yield f"part-input {_word(name)}"
        for name in part.outputs:
            yield f"part-output {_word(name)}"
        if part.repeat:
            limit = part.repeat.threshold
            shown = _word(limit) if isinstance(limit, str) else repr(limit)
            yield f"repeat {_word(part.repeat.progress)} {shown}"


def _word(name: str) -> str:
    """Write a name as one word, whatever blanks and letters it has."""
    return quote(name, safe="")


def _tensor(tensor: Tensor, named: Mapping[str, int]) -> str:
    """Write name, type and shape; axes of any size have the one that the model was made for."""
    sizes = map(str, tensor.at(-1, named))
    return " ".join((_word(tensor.name), tensor.dtype, *sizes))


def write_data(path: Path, manifest: Manifest, calls: Iterable[Call]) -> int:
    """Write the calls; returns how many they are."""
    count = 0
    names = [pair.input for pair in manifest.interface.states]
    first, *others = manifest.interface.data_inputs
    timed = bool(CallShape(sequence=manifest.sequence, batch=manifest.batch).time)
    with path.open("wb") as file:
        file.write(DATA_MAGIC + struct.pack("<Q", 0))
        for call in calls:
            time = call.data.shape[1] if timed else 1
            flags = 0 if call.state is None else EXPLICIT_STATE
            file.write(struct.pack("<II", time, flags))
            fresh = call.fresh.astype(np.uint8).tobytes()
            file.write(fresh + bytes(-len(fresh) % 4))
            file.write(_bytes(first, call.data))
            for tensor in others:
                file.write(_bytes(tensor, call.others[tensor.name]))
            for name in names if call.state is not None else ():
                assert call.state is not None
                file.write(np.ascontiguousarray(call.state[name], "<f4").tobytes())
            count += 1
        file.seek(len(DATA_MAGIC))
        file.write(struct.pack("<Q", count))
    return count


def _bytes(tensor: Tensor, values: Array) -> bytes:
    """Lay out an input's values as the runner reads them."""
    return np.ascontiguousarray(values, np.dtype(tensor.dtype).newbyteorder("<")).tobytes()
