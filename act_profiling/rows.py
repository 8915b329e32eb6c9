"""A runner's measurements: one row a call, read from ``rows.bin``."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from act_artefact.errors import CheckFailed
from act_artefact.interface import Tensor
from act_artefact.manifest import Manifest

Array = npt.NDArray[Any]

ROWS_MAGIC = b"ACTROWS1"
_HEAD = struct.Struct("<QQQII")

Keep = Literal["ponder", "all"]
"""Which outputs a runner writes into each row: N and R alone, or every output."""


@dataclass(frozen=True)
class Row:
    """One call, timed."""

    call: int
    """Its place in the data."""
    repeat: int
    """The number of times that the data had been run through before."""
    nanoseconds: int
    digest: int
    """CRC-32 of ``y``'s bytes: repeats must agree."""
    outputs: dict[str, Array]
    """``ponder_steps`` and ``remainder``, or every output."""


def read_rows(path: Path, manifest: Manifest, keep: Keep) -> Iterator[Row]:
    """Read as many whole rows as the file holds: a run that was cut short may end within one.

    Raises:
        CheckFailed: the file is not a runner's.
    """
    contents = path.read_bytes()
    if not contents.startswith(ROWS_MAGIC):
        raise CheckFailed(f"{path.name}: not what a runner writes")
    tensors = [t for t in manifest.interface.outputs if keep == "all" or _ponders(t)]
    at = len(ROWS_MAGIC)
    while at + _HEAD.size <= len(contents):
        call, repeat, nanoseconds, time, digest = _HEAD.unpack_from(contents, at)
        end = at + _HEAD.size
        outputs = {}
        for tensor in tensors:
            shape = tensor.at(time, manifest.interface.sizes)
            dtype = np.dtype(tensor.dtype).newbyteorder("<")
            size = math.prod(shape) * dtype.itemsize
            if end + size > len(contents):
                return
            values = np.frombuffer(contents, dtype, size // dtype.itemsize, end)
            outputs[tensor.name] = values.reshape(shape)
            end += size
        yield Row(call, repeat, nanoseconds, digest, outputs)
        at = end


def _ponders(tensor: Tensor) -> bool:
    return tensor.name in ("ponder_steps", "remainder")
