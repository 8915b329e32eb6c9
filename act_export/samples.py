"""Real inputs to check an artefact on: from eval.npz, the model's task, or, with neither, noise."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from act_export.interface import Interface
from act_mobile.errors import UserError

if TYPE_CHECKING:
    from act_mobile.tasks.task import Task

SEED = 20160329
"""The day ACT was published. Inputs that are drawn must be the same at every export."""

METRICS = ("sequence_error", "accuracy", "bits_per_char", "mse")


@dataclass(frozen=True)
class Samples:
    """Input sequences.

    ``sequences`` are arrays (T,) of tokens or (T, I) of features, of any lengths; ``source`` says
    in words where they come from; ``metric`` is the one they are judged by, where there is one.
    """

    sequences: list[npt.NDArray[Any]]
    source: str
    metric: str | None = None

    @property
    def time_steps(self) -> int:
        return sum(len(s) for s in self.sequences)


def from_file(path: Path, data: npt.NDArray[Any], vocab_size: int | None) -> Samples:
    """The inputs of an ``eval.npz``.

    Args:
        data: an empty array like one sequence of the model's: its dtype, and its shape after time.
        vocab_size: tokens must be below it.

    Raises:
        UserError: the file is not there, not a ``.npz``, or its arrays do not fit the model.
    """
    tokens = data.dtype.kind == "i"
    name, other = ("tokens", "x") if tokens else ("x", "tokens")
    arrays = _load(path)
    if name not in arrays:
        hint = (
            f"it has {other!r}, of another kind of model"
            if other in arrays
            else (f"it has {', '.join(sorted(arrays)) or 'nothing'}")
        )
        raise UserError(f"{path}: has no array {name!r}, which this model reads ({hint})")
    inputs = arrays[name]
    wanted = "whole numbers" if tokens else "floating-point numbers"
    if inputs.dtype.kind not in ("iu" if tokens else "f"):
        raise UserError(f"{path}: {name!r} has type {inputs.dtype}, expected {wanted}")
    if inputs.ndim != data.ndim + 1 or inputs.shape[2:] != data.shape[1:] or 0 in inputs.shape:
        shape = "(N, T)" if tokens else f"(N, T, {data.shape[1]})"
        raise UserError(f"{path}: {name!r} has shape {inputs.shape}, expected {shape}")
    if not tokens and not np.isfinite(inputs).all():
        raise UserError(f"{path}: {name!r} has NaN or infinite values")
    lengths = arrays.get("lengths", np.full(len(inputs), inputs.shape[1]))
    if lengths.shape != inputs.shape[:1] or lengths.dtype.kind not in "iu":
        raise UserError(f"{path}: 'lengths' must be {len(inputs)} whole numbers, one a sequence")
    if lengths.min() < 1 or lengths.max() > inputs.shape[1]:
        raise UserError(f"{path}: 'lengths' must lie between 1 and {inputs.shape[1]}")
    if vocab_size is not None and not 0 <= inputs.min() <= inputs.max() < vocab_size:
        raise UserError(
            f"{path}: tokens from {inputs.min()} to {inputs.max()}, the model knows 0 to "
            f"{vocab_size - 1}"
        )
    metric = str(arrays["metric"]) if "metric" in arrays else None
    if metric is not None and metric not in METRICS:
        raise UserError(f"{path}: metric {metric!r} is not known: use one of {', '.join(METRICS)}")
    return Samples(
        [row[:length].astype(data.dtype) for row, length in zip(inputs, lengths, strict=True)],
        str(path),
        metric,
    )


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, AttributeError) as error:
        # numpy's reader raises each of these, depending on where a file is damaged.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: not a readable .npz of plain arrays ({reason})") from None


def from_task(task: Task, data: npt.NDArray[Any]) -> Samples:
    """The inputs that every model for ``task`` is judged by."""
    batch = task.evaluation
    inputs = batch.inputs.numpy()
    if inputs.shape[2:] != data.shape[1:] or (inputs.dtype.kind == "i") != (data.dtype.kind == "i"):
        raise UserError(
            f"the model's task {task.name!r} has inputs {inputs.shape[2:]}, the model reads "
            f"{data.shape[1:]}: give --data"
        )
    lengths = batch.running.sum(1).tolist()
    return Samples(
        [row[:length].astype(data.dtype) for row, length in zip(inputs, lengths, strict=True)],
        f"the {task.name} task's evaluation set",
        task.metric,
    )


def noise(data: npt.NDArray[Any], vocab_size: int | None, time_steps: int) -> Samples:
    """Standard normal features, or tokens drawn evenly: sequences of 20 time steps."""
    draw = np.random.default_rng(SEED)
    count = -(-time_steps // 20)
    if vocab_size is None:
        inputs = draw.standard_normal((count, 20, *data.shape[1:])).astype(data.dtype)
        return Samples(list(inputs), "standard normal inputs (the model has no task and no --data)")
    inputs = draw.integers(0, vocab_size, (count, 20)).astype(data.dtype)
    return Samples(list(inputs), "tokens drawn evenly (the model has no task and no --data)")


@dataclass(frozen=True)
class Feed:
    """One call's worth of real input for every row of the batch."""

    inputs: npt.NDArray[Any]
    """As the artefact's data input takes it."""
    fresh: npt.NDArray[np.bool_]
    """Rows where a new sequence starts, from the initial state: (B,)."""
    time_steps: int
    """Time steps of all rows together, without padding."""


def feeds(samples: Samples, interface: Interface, time: int | None) -> Iterator[Feed]:
    """Cut the sequences into calls: each row of the batch goes through its own sequences in order.

    Args:
        time: time steps of a call, the last call of a sequence padded with zeros; None to stream.
    """
    batch = interface.data.shape[0]
    rows = [_calls(samples.sequences[row::batch], time or 1) for row in range(batch)]
    empty = np.zeros((time or 1, *samples.sequences[0].shape[1:]), samples.sequences[0].dtype)
    while True:
        calls = [next(row, None) for row in rows]
        if all(call is None for call in calls):
            return
        inputs, fresh, lengths = zip(*(call or (empty, True, 0) for call in calls), strict=True)
        stacked = np.stack(inputs)
        yield Feed(stacked if time else stacked[:, 0], np.array(fresh), sum(lengths))


def _calls(
    sequences: list[npt.NDArray[Any]], time: int
) -> Iterator[tuple[npt.NDArray[Any], bool, int]]:
    for sequence in sequences:
        for start in range(0, len(sequence), time):
            call = sequence[start : start + time]
            padding = [(0, time - len(call))] + [(0, 0)] * (call.ndim - 1)
            yield np.pad(call, padding), start == 0, len(call)
