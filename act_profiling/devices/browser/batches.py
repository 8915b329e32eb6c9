"""Batches to rows: each call of the data has the mean time of a batch of calls with its N.

The page runs all calls of the data once, for N, R and y, and times batches of a few of them. The
cost of a call follows from its N, so the rows are those of a run of the data, as on other devices,
with the mean of a batch in place of each call's own time; the batches of an N are spread over its
calls. Rows do not say how much one call differs from another of its N: they have no tails.
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from act_artefact.errors import CheckFailed, UserError
from act_profiling.devices.browser.posted import Batch
from act_profiling.job import DATA_MAGIC
from act_profiling.rows import ROWS_MAGIC, Keep

Array = npt.NDArray[Any]

HEAD = [("call", "<u8"), ("repeat", "<u8"), ("ns", "<u8"), ("time", "<u4"), ("crc", "<u4")]


class RowLayout:
    """The rows that a job's run gives, all of one size.

    Args:
        folder: the job's.
        keep: which outputs rows have.

    Raises:
        UserError: a call may take any number of time steps.
    """

    def __init__(self, folder: Path, keep: Keep) -> None:
        lines = [line.split(" ") for line in (folder / "plan.txt").read_text().splitlines()]
        tensors = [
            (unquote(words[1]), words[2], [int(size) for size in words[3:]])
            for words in lines
            if words[0] == "output"
        ]
        if any(size < 0 for _, _, sizes in tensors for size in sizes):
            raise UserError(
                "--device browser: calls of any number of time steps have rows of any size: "
                "export with one time step a call"
            )
        if keep == "ponder":
            tensors = [each for each in tensors if each[0] in ("ponder_steps", "remainder")]
        self.timeless = not any(words[0] == "state" for words in lines)
        """Nothing is carried from call to call: each has a cost of its own, not of its N alone."""
        fields = [
            (name, np.dtype(dtype).newbyteorder("<"), (math.prod(sizes),))
            for name, dtype, sizes in tensors
        ]
        self.dtype = np.dtype([*HEAD, *((f"output {n}", d, s) for n, d, s in fields)])
        with (folder / "data.bin").open("rb") as data:
            (self.count,) = struct.unpack("<Q", data.read(16)[len(DATA_MAGIC) :])

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return len(ROWS_MAGIC) + self.count * self.dtype.itemsize

    def read(self, contents: bytes) -> Array:
        """Read the rows that the page posted: (calls,), without times.

        Raises:
            CheckFailed: they are not one for each call, in their order.
        """
        if len(contents) != self.size or not contents.startswith(ROWS_MAGIC):
            raise CheckFailed(f"browser: the page posted {len(contents)} bytes, not {self.size}")
        rows = np.frombuffer(contents, self.dtype, self.count, len(ROWS_MAGIC)).copy()
        whole = (rows["call"] == np.arange(self.count)).all() and (rows["repeat"] == 0).all()
        if not whole or rows["ns"].any() or (rows["time"] != 1).any():
            raise CheckFailed("browser: the page's rows are not those of the job's calls")
        return rows

    def write(self, path: Path, rows: Array) -> None:
        path.write_bytes(ROWS_MAGIC + rows.tobytes())


def ponder_steps(rows: Array) -> Array:
    """N of each call, over its time steps and layers: (calls,)."""
    return rows["output ponder_steps"].sum(1, dtype=np.int64)


def least(batches: Sequence[Batch]) -> tuple[list[Batch], float | None]:
    """Keep of each call the batch with the least mean, and say how well the next one confirms it.

    An interruption, which takes longer than an image does, spoils a batch; the least of several is
    the call's cost if another batch agrees.

    Returns:
        a batch for each call; and the share of the variance of the two least means of each call
        that is between calls, an adjusted r². It is None where no two calls have two batches.
    """
    of_call: dict[int, list[Batch]] = defaultdict(list)
    for each in batches:
        of_call[each.call].append(each)
    ordered = [sorted(each, key=lambda b: b.nanoseconds / b.count) for each in of_call.values()]
    twice = [each[:2] for each in ordered if len(each) > 1]
    kept = [each[0] for each in ordered]
    if len(twice) < 2:
        return kept, None
    means = np.array([[b.nanoseconds / b.count for b in pair] for pair in twice])
    within = ((means - means.mean(1, keepdims=True)) ** 2).sum() / len(twice)
    total = ((means - means.mean()) ** 2).sum() / (means.size - 1)
    return kept, float(1 - within / total) if total else None


def deal(rows: Array, batches: Sequence[Batch]) -> None:
    """Give every row the mean time of a batch of its N.

    Raises:
        CheckFailed: an N has no batch, or a batch is of no call.
    """
    steps = ponder_steps(rows)
    means: dict[int, list[int]] = defaultdict(list)
    for each in batches:
        if each.call >= len(rows):
            raise CheckFailed(f"browser: a batch of call {each.call}, of {len(rows)}")
        mean = each.nanoseconds / each.count
        means[int(steps[each.call])].append(max(1, round(mean)))
    for n in np.unique(steps):
        here = np.flatnonzero(steps == n)
        if not means[int(n)]:
            raise CheckFailed(f"browser: no batch of calls with N = {n}")
        # As many of each as the calls allow, spread over the data.
        order = np.linspace(0, len(means[int(n)]), len(here), endpoint=False).astype(int)
        rows["ns"][here] = np.array(means[int(n)])[order]
