"""``.npz`` files from outside: plain arrays, whose sizes are known before they are read."""

from __future__ import annotations

import io
import math
import sys
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.archive import Archive, BadArchive
from act_artefact.errors import UserError, escaped
from act_artefact.files import opened

LIMIT = 1 << 30
MEMBERS = 4096
HEADER = 4096
"""Bytes of a member that its header may have."""

MOST_AXES = 32
MOST = 1 << 40
"""Elements that an array would have if its axes of length 0 had length 1."""

KINDS = "biufU"
"""Truth values, whole and floating-point numbers; and text, where it is a scalar."""

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

_MALFORMED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    MemoryError,
)
"""The errors of numpy on a header, a Python literal, that is damaged or that no array has."""


@dataclass(frozen=True)
class _Layout:
    """The place, type and shape of a member's numbers."""

    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool


def read_npz(path: Path, limit: int = LIMIT, *, follow: bool = True) -> dict[str, npt.NDArray[Any]]:
    """Read all arrays of an ``.npz``: of numbers or truth values, or scalars of text.

    Args:
        limit: bytes that all members together may have.
        follow: whether the file may be a symbolic link, as in :func:`act_artefact.files.opened`.

    Returns:
        Arrays that can be written to, in C order and this machine's byte order.

    Raises:
        UserError: the file is missing, no regular file, damaged, too large, or holds anything else.
    """
    with opened(path, follow=follow) as file:
        try:
            archive = Archive(file, limit=limit, entries=MEMBERS)
            layouts = {name: _layout(archive, name) for name in archive.sizes}
            return {
                name.removesuffix(".npy"): _array(archive, name, layout)
                for name, layout in layouts.items()
            }
        except BadArchive as error:
            raise UserError(
                f"{path}: not a readable .npz of plain arrays ({escaped(str(error))})"
            ) from None


def _layout(archive: Archive, name: str) -> _Layout:
    """Read a member's header, and refuse what is no plain array of just the member's size."""
    if not name.endswith(".npy"):
        raise BadArchive(f"entry {name!r} is no .npy")
    layout = _header(name, archive.read(name, HEADER).tobytes())
    dtype, shape = layout.dtype, layout.shape
    if dtype.kind not in KINDS or dtype.itemsize == 0:
        raise BadArchive(f"{name!r} is of type {dtype}, not of numbers")
    if dtype.kind == "U" and shape:
        raise BadArchive(f"{name!r} is text, of shape {shape}, not a scalar")
    size = archive.sizes[name]
    if layout.start + dtype.itemsize * math.prod(shape) != size:
        raise BadArchive(f"{name!r} claims shape {shape} of {dtype} and has {size} bytes")
    return layout


def _header(name: str, head: bytes) -> _Layout:
    stream = io.BytesIO(head)
    try:
        with warnings.catch_warnings():
            # Headers of Python 2, and literals that no array has, are warned of.
            warnings.simplefilter("ignore")
            reader = _READERS.get(np.lib.format.read_magic(stream))
            if reader is None:
                raise BadArchive(f"{name!r} is of a version that is not read")
            shape, fortran, dtype = reader(stream, max_header_size=HEADER)
    except _MALFORMED as error:
        raise BadArchive(f"{name!r} has no header of an array: {error}") from None
    # An axis of length 0 must not hide another's of any length.
    if any(type(n) is not int or n < 0 for n in shape) or len(shape) > MOST_AXES:
        raise BadArchive(f"{name!r} has an impossible shape")
    if math.prod(n or 1 for n in shape) > MOST:
        raise BadArchive(f"{name!r} has an impossible shape")
    return _Layout(stream.tell(), dtype, shape, fortran)


def _array(archive: Archive, name: str, layout: _Layout) -> npt.NDArray[Any]:
    numbers = archive.read(name)[layout.start :]
    if layout.dtype.kind == "b" and numbers.max(initial=0) > 1:
        raise BadArchive(f"{name!r} has truth values that are neither true nor false")
    if layout.dtype.kind == "U" and _characters(numbers, layout.dtype).max() > sys.maxunicode:
        raise BadArchive(f"{name!r} has numbers that are no character's")
    array = numbers.view(layout.dtype).reshape(layout.shape, order="F" if layout.fortran else "C")
    return np.require(array, layout.dtype.newbyteorder("="), ["C", "A", "W"])


def _characters(numbers: npt.NDArray[np.uint8], text: np.dtype[Any]) -> npt.NDArray[Any]:
    """(n,) bytes -> the code points of a text, of which numpy checks none."""
    return numbers.view(np.dtype(np.uint32).newbyteorder(text.byteorder))
