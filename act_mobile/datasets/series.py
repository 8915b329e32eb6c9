"""Recorded sequences of the UCR and UEA archives, from ``.ts`` files: one class to a sequence.

The package sktime (BSD-3-Clause) ships some of them, and is not imported: only its files are read.
The recordings have authors and terms of their own, which the first lines of each file name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError, shown
from act_artefact.files import read

MAX_FILE = 1 << 28
"""Bytes of a file that are read."""


@dataclass(frozen=True)
class Series:
    """The sequences of a file."""

    path: Path
    sequences: list[npt.NDArray[np.float64]]
    """(time, dimensions) each."""
    classes: list[str]
    """One for each sequence."""


def find_pair(name: str) -> tuple[Path, Path]:
    """Find ``..._TRAIN.ts`` and ``..._TEST.ts``.

    Args:
        name: a folder with one pair of them, or the name of a set that sktime ships.

    Raises:
        UserError: they are not there.
    """
    folder = Path(name)
    if not folder.is_dir():
        spec = find_spec("sktime")
        if spec is None:
            raise UserError(
                f"{shown(name)}: is no folder, and sktime, which ships recordings by name, is not "
                "installed: pip install act-mobile[series]"
            )
        sets = Path((spec.submodule_search_locations or [""])[0]) / "datasets" / "data"
        found = {path.name: path for path in sets.glob("*") if any(path.glob("*_TRAIN.ts"))}
        if name not in found:
            known = ", ".join(sorted(found))
            raise UserError(f"{shown(name)}: is no folder, and sktime ships {known}")
        folder = found[name]
    pairs = []
    for train in sorted(folder.glob("*_TRAIN.ts")):
        test = train.with_name(train.name.replace("_TRAIN.ts", "_TEST.ts"))
        if test.is_file():
            pairs.append((train, test))
    if len(pairs) != 1:
        raise UserError(f"{folder}: has {len(pairs)} pairs of _TRAIN.ts and _TEST.ts, expected 1")
    return pairs[0]


def read_ts(path: Path) -> Series:
    """Read a ``.ts`` file without time stamps and without missing values.

    Behind ``@data`` each line is a sequence: its dimensions, numbers separated by commas, and last
    its class, separated by colons. Lengths may differ.

    Raises:
        UserError: the file is missing, too large, or not of this form.
    """
    lines = read(path, MAX_FILE).decode("utf-8", errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip().lower() == "@data"), None)
    if start is None:
        raise UserError(f"{path}: has no line @data: not a .ts file")
    sequences, classes = [], []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if line.strip():
            *dimensions, kind = line.strip().split(":")
            try:
                rows = [np.array(d.split(","), np.float64) for d in dimensions]
                sequence = np.stack(rows, axis=1)
            except ValueError:
                raise UserError(
                    f"{path}: line {number} is no sequence of numbers with a class: {shown(line)}"
                ) from None
            if not np.isfinite(sequence).all():
                raise UserError(f"{path}: line {number} has a value that is missing or infinite")
            sequences.append(sequence)
            classes.append(kind.strip())
    if len({sequence.shape[1] for sequence in sequences}) != 1:
        raise UserError(f"{path}: has no sequences, or such of different dimensions")
    return Series(path, sequences, classes)


@np.errstate(over="ignore", invalid="ignore")
def arrays(
    train: Series, test: Series, *, samples: int = 1, log: float | None = None
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]:
    """Make the arrays of ``train.npz`` and ``eval.npz``.

    A time step has ``samples`` samples in a row; what is left at the end is dropped. Features are
    scaled to a mean of 0 and a standard deviation of 1 over all of the training data.

    Args:
        log: where given, each value v is first replaced by asinh(v / log): logarithmic above it.

    Raises:
        UserError: the files do not fit each other, a sequence is too short, or a value so large
            that no float32 holds what it becomes.
    """
    names = sorted({*train.classes, *test.classes}, key=lambda name: (len(name), name))
    if train.sequences[0].shape[1] != test.sequences[0].shape[1]:
        raise UserError(f"{test.path}: its sequences have other dimensions than {train.path}'s")
    framed = [
        [_framed(s, samples, log, each.path) for s in each.sequences] for each in (train, test)
    ]
    together = np.concatenate(framed[0])
    mean, scale = together.mean(), together.std() or 1.0
    made = []
    for rows, series in zip(framed, (train, test), strict=True):
        lengths = np.array([len(row) for row in rows], np.int32)
        x = np.zeros((len(rows), lengths.max(), rows[0].shape[1]), np.float32)
        for to, row in zip(x, rows, strict=True):
            to[: len(row)] = (row - mean) / scale
        if not (np.isfinite(scale) and np.isfinite(x).all()):
            raise UserError(
                f"{series.path}: some values, scaled, are no finite float32: they are too large"
                + ("" if log is None else f", or --log {log:g} does not suit them")
            )
        made.append(
            {
                "x": x,
                "targets": np.array([names.index(name) for name in series.classes], np.int32),
                "lengths": lengths,
                "labels": np.array("\n".join(names)),
                "metric": np.array("accuracy"),
            }
        )
    return made[0], made[1]


def _framed(
    sequence: npt.NDArray[np.float64], samples: int, log: float | None, path: Path
) -> npt.NDArray[np.float64]:
    """(time, dimensions) -> (time / samples, samples x dimensions)."""
    count = len(sequence) // samples
    if not count:
        raise UserError(f"{path}: has a sequence of {len(sequence)}: give fewer --samples")
    values = sequence if log is None else np.arcsinh(sequence / log)
    return values[: count * samples].reshape(count, -1)
