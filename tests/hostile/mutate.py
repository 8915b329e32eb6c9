"""Mutations of what files hold: values by their place, arrays, and raw bytes."""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

TEXTS = ("", "x", "\x1b[31m", "a\nb", "\u202e", "..", "a/b", "NaN", "n" * 5000, "é", "9" * 4000)
NUMBERS = (-1, 0, 1, 2, 0.5, 1e-320, 1e30, 1e308, 2**31, 2**53, 2**63, 10**400)
DEEP: Any = 0
for _ in range(60):
    DEEP = [DEEP]
PLAIN: tuple[Any, ...] = (
    *TEXTS, *NUMBERS, None, True, False, [], {}, [[]], {"a": 1}, {"": {}}, DEEP, [0] * 3000
)  # fmt: skip
"""Values that a file of JSON may have in any place."""


def places(value: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """Yield where each value lies in nested dicts and lists."""
    for key, each in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield (*before, key)
        yield from places(each, *before, key)


def mutated(random: Random, value: Any, odd: tuple[Any, ...] = PLAIN) -> Any:
    """Copy a value, with one to three of its places changed."""
    value = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if not (found := list(places(value))):
            return value
        place, other = random.choice(found), random.choice(found)
        inside = at(value, place[:-1])
        match random.randrange(7):
            case 0:
                del inside[place[-1]]
            case 1:
                inside[place[-1]] = copy.deepcopy(at(value, other))
            case 2 if isinstance(inside, list):
                inside.append(copy.deepcopy(inside[place[-1]]))
            case 2:
                inside[random.choice(TEXTS)] = inside.pop(place[-1])
            case 3 if type(inside[place[-1]]) in (int, float):
                inside[place[-1]] *= random.choice((-1, 0, 1e3, 1e-9, 1 << 40))
            case _:
                inside[place[-1]] = copy.deepcopy(random.choice(odd))
    return value


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def mutated_bytes(random: Random, contents: bytes) -> bytes:
    """Copy bytes, with a few flipped, left out, doubled or put in."""
    changed = bytearray(contents)
    for _ in range(random.choice((1, 1, 2, 5))):
        start = random.randrange(len(changed) + 1)
        end = min(len(changed), start + random.choice((1, 2, 8, 100)))
        match random.randrange(6):
            case 0:
                del changed[start:]
            case 1:
                del changed[start:end]
            case 2:
                changed[start:start] = changed[start:end]
            case 3:
                changed[start:end] = random.choice(
                    (b"NaN", b"1e999", b"-", b"\xff", b"\0" * 8, b"[" * 9999, b"\xff" * 4, b'"')
                )
            case _:
                for index in range(start, end):
                    changed[index] ^= 1 << random.randrange(8)
    return bytes(changed)


ARRAYS: tuple[Callable[[npt.NDArray[Any]], Any], ...] = (
    lambda a: a.astype(np.float64) * 1e300,
    lambda a: a.astype(np.float64) * np.nan,
    lambda a: np.full(a.shape, np.inf),
    lambda a: a.astype(np.int64) + (1 << 40),
    lambda a: a.astype(np.int64) - 5,
    lambda a: a.astype(np.int64) + 3,
    lambda a: a.astype(np.complex64),
    lambda a: a.astype(object),
    lambda a: a.astype("U8"),
    lambda a: a.astype("S8"),
    lambda a: a.astype(bool),
    lambda a: np.zeros(a.shape, bool),
    lambda a: np.zeros(a.shape, [("a", "f4")]),
    lambda a: a.astype(">f8"),
    lambda a: a.astype(np.float16),
    np.ravel,
    lambda a: a[..., None],
    lambda a: a[:0],
    lambda a: a[:1],
    lambda a: a[..., :1],
    lambda a: np.asarray(0),
    lambda a: np.asarray("x\x1b"),
    lambda a: np.concatenate([a, a]),
    lambda a: a.astype("M8[s]"),
)
"""Changes of an array; some are not possible with some."""

HEADERS = (
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, ",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4'}",
    "{" * 3000,
    "[]",
)


def write_npz(random: Random, path: Path, arrays: Arrays) -> None:
    """Write an ``.npz`` in which arrays, headers, members or bytes are changed."""
    arrays = dict(arrays)
    for _ in range(random.choice((1, 1, 2))):
        name = random.choice([*arrays])
        match random.randrange(8):
            case 0:
                del arrays[name]
                arrays.setdefault("x", np.zeros(1))
            case 1:
                arrays[random.choice(("extra", "a/b", "metric", "lengths"))] = arrays[name]
            case 2:
                flat = np.array(arrays[name])
                if flat.size and flat.dtype.kind in "if":
                    flat.flat[random.randrange(flat.size)] = random.choice((-1, 7, 100, 2**31 - 1))
                arrays[name] = flat
            case _:
                try:
                    arrays[name] = random.choice(ARRAYS)(arrays[name])
                except (ValueError, TypeError, IndexError, RuntimeError):
                    continue
    stream = io.BytesIO()
    with np.errstate(all="ignore"):
        random.choice((np.savez, np.savez_compressed))(stream, **arrays)
    if random.random() < 0.15:
        header = random.choice(HEADERS).encode()
        with zipfile.ZipFile(stream, "a") as archive:
            member = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header
            archive.writestr(random.choice(("y.npy", "z.npy", "x.txt", "n\0.npy")), member)
    contents = stream.getvalue()
    path.write_bytes(mutated_bytes(random, contents) if random.random() < 0.3 else contents)
