"""Real inputs to check an artefact on: from eval.npz, the model's task, or, with neither, noise."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_export.form import Form
from act_export.metrics import METRICS
from act_export.subject import Subject
from act_mobile.errors import UserError
from act_mobile.tasks import task_from_dict
from act_mobile.tasks.task import Task

SEED = 20160329
"""The day ACT was published. Inputs that are drawn must be the same at every export."""


@dataclass(frozen=True)
class Samples:
    """Input sequences.

    ``sequences`` are arrays (T,) of tokens or (T, I) of features, of any lengths; ``source`` says
    in words where they come from; ``metric`` is the one they are judged by, where there is one.
    """

    sequences: list[npt.NDArray[Any]]
    source: str
    metric: str | None = None
    targets: list[npt.NDArray[Any]] | None = None
    """Of each sequence, as :func:`act_export.metrics.measure` takes them; None if unknown."""
    asked: list[npt.NDArray[np.bool_]] | None = None
    """Of each sequence, the time steps whose output counts."""

    @property
    def judged(self) -> bool:
        """Whether outputs can be judged by a metric."""
        return self.metric is not None and self.targets is not None

    @property
    def time_steps(self) -> int:
        return sum(len(s) for s in self.sequences)


@dataclass(frozen=True)
class EvalFile:
    """What an ``eval.npz`` holds, checked as far as no model is needed."""

    path: Path
    inputs: npt.NDArray[Any]
    """``tokens`` (N, T) of whole numbers, or ``x`` (N, T, ...) of finite ones."""
    lengths: npt.NDArray[Any]
    metric: str | None
    targets: npt.NDArray[Any] | None
    mask: npt.NDArray[np.bool_]

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one time step: empty for tokens."""
        return self.inputs.shape[2:]


def load(path: Path) -> EvalFile:
    """Read ``eval.npz``.

    Raises:
        UserError: the file is not there, not a ``.npz``, or its arrays are not as they should be.
    """
    arrays = _load(path)
    name = next((name for name in ("tokens", "x") if name in arrays), None)
    if name is None:
        raise UserError(
            f"{path}: has neither 'x' nor 'tokens', but {', '.join(sorted(arrays)) or 'nothing'}"
        )
    inputs = arrays[name]
    tokens = name == "tokens"
    wanted = "whole numbers" if tokens else "floating-point numbers"
    if inputs.dtype.kind not in ("iu" if tokens else "f"):
        raise UserError(f"{path}: {name!r} has type {inputs.dtype}, expected {wanted}")
    if (inputs.ndim != 2 if tokens else inputs.ndim < 3) or 0 in inputs.shape:
        shape = "(N, T)" if tokens else "(N, T, features)"
        raise UserError(f"{path}: {name!r} has shape {inputs.shape}, expected {shape}")
    if not tokens and not np.isfinite(inputs).all():
        raise UserError(f"{path}: {name!r} has NaN or infinite values")
    lengths = arrays.get("lengths", np.full(len(inputs), inputs.shape[1]))
    if lengths.shape != inputs.shape[:1] or lengths.dtype.kind not in "iu":
        raise UserError(f"{path}: 'lengths' must be {len(inputs)} whole numbers, one a sequence")
    if lengths.min() < 1 or lengths.max() > inputs.shape[1]:
        raise UserError(f"{path}: 'lengths' must lie between 1 and {inputs.shape[1]}")
    metric = str(arrays["metric"]) if "metric" in arrays else None
    if metric is not None and metric not in METRICS:
        raise UserError(f"{path}: metric {metric!r} is not known: use one of {', '.join(METRICS)}")
    targets = arrays.get("targets")
    if targets is not None and targets.shape[:2] != inputs.shape[:2]:
        raise UserError(f"{path}: 'targets' has shape {targets.shape}, {name!r} {inputs.shape}")
    mask = arrays.get("mask", np.ones(inputs.shape[:2], bool))
    if mask.shape != inputs.shape[:2] or mask.dtype != bool:
        raise UserError(f"{path}: 'mask' must be {inputs.shape[:2]} of true or false")
    return EvalFile(path, inputs, lengths, metric, targets, mask)


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


def samples_for(subject: Subject, file: EvalFile | None, time_steps: int) -> Samples:
    """Inputs to check a subject on: of its file, of its task, or, with neither, noise.

    Raises:
        UserError: the file or the task is for another kind of model.
    """
    if file is not None:
        return _from_file(subject, file)
    if subject.task:
        return _from_task(subject, task_from_dict(subject.task))
    return _noise(subject, time_steps)


def _from_file(subject: Subject, file: EvalFile) -> Samples:
    path, inputs = file.path, file.inputs
    if file.features != subject.features:
        has, reads = (
            f"'x' of {' x '.join(map(str, features))} features" if features else "'tokens'"
            for features in (file.features, subject.features)
        )
        raise UserError(f"{path}: has {has}, this model reads {reads}")
    if (
        subject.vocab_size is not None
        and not 0 <= inputs.min() <= inputs.max() < subject.vocab_size
    ):
        raise UserError(
            f"{path}: tokens from {inputs.min()} to {inputs.max()}, the model knows 0 to "
            f"{subject.vocab_size - 1}"
        )
    return Samples(
        _cut(inputs.astype(_dtype(subject)), file.lengths),
        str(path),
        file.metric,
        None if file.targets is None else _cut(file.targets, file.lengths),
        _cut(file.mask, file.lengths),
    )


def _from_task(subject: Subject, task: Task) -> Samples:
    batch = task.evaluation
    inputs = batch.inputs.numpy()
    if inputs.shape[2:] != subject.features or (inputs.dtype.kind == "i") != subject.tokens:
        raise UserError(
            f"the model's task {task.name!r} has inputs {inputs.shape[2:]}, the model reads "
            f"{subject.features}: give --data"
        )
    lengths = batch.running.sum(1).numpy()
    return Samples(
        _cut(inputs.astype(_dtype(subject)), lengths),
        f"the {task.name} task's evaluation set",
        task.metric,
        _cut(batch.targets.numpy(), lengths),
        _cut(batch.asked.numpy(), lengths),
    )


def _noise(subject: Subject, time_steps: int) -> Samples:
    """Standard normal features, or tokens drawn evenly: sequences of 20 time steps."""
    draw = np.random.default_rng(SEED)
    count = -(-time_steps // 20)
    if subject.tokens:
        inputs = draw.integers(0, subject.vocab_size or 1, (count, 20)).astype(np.int32)
        source = "tokens drawn evenly (the model has no task and no --data)"
    else:
        inputs = draw.standard_normal((count, 20, *subject.features)).astype(np.float32)
        source = "standard normal inputs (the model has no task and no --data)"
    return Samples(list(inputs), source)


def _cut(rows: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [row[:length] for row, length in zip(rows, lengths, strict=True)]


def _dtype(subject: Subject) -> type[np.generic]:
    return np.int32 if subject.tokens else np.float32


class Place(NamedTuple):
    """Which part of which sequence a row of a call is."""

    sequence: int
    start: int
    length: int
    """Time steps; 0 for a row that has run out of sequences."""


@dataclass(frozen=True)
class Feed:
    """One call's worth of real input for every row of the batch."""

    inputs: npt.NDArray[Any]
    """As the artefact's data input takes it."""
    places: list[Place]
    """Of each row; the state of one that starts at 0 is the initial one."""

    @property
    def time_steps(self) -> int:
        """Time steps of all rows together, without padding."""
        return sum(place.length for place in self.places)

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Rows that start from the initial state: (B,)."""
        return np.array([place.start == 0 for place in self.places])


DYNAMIC_TIMES = (1, 7, 20, 3)
"""Time steps of the calls, in turn, where a call may have any number."""


def feeds(samples: Samples, form: Form) -> Iterator[Feed]:
    """Cut the sequences into calls: each row of the batch goes through its own sequences in order.

    The last call of a sequence is padded with zeros where the form has one length of calls.
    """
    times = {"stream": (1,), "dynamic": DYNAMIC_TIMES}.get(str(form.sequence), (form.sequence,))
    lengths = [len(sequence) for sequence in samples.sequences]
    rows = [_Row(lengths, range(row, len(lengths), form.batch)) for row in range(form.batch)]
    like = samples.sequences[0]
    for time in map(int, itertools.cycle(times)):
        places = [row.take(time) for row in rows]
        longest = max(place.length for place in places)
        if longest == 0:
            return
        inputs = np.zeros(
            (form.batch, longest if form.sequence == "dynamic" else time, *like.shape[1:]),
            like.dtype,
        )
        for row, (sequence, start, length) in zip(inputs, places, strict=True):
            row[:length] = samples.sequences[sequence][start : start + length]
        yield Feed(inputs[:, 0] if form.stream else inputs, places)


class _Row:
    """One row of a batch: the sequences that it works through."""

    def __init__(self, lengths: list[int], sequences: Iterable[int]) -> None:
        self._lengths = lengths
        self._left = list(sequences)
        self._at = 0

    def take(self, time: int) -> Place:
        """The next time steps, at most ``time``, of one sequence."""
        if not self._left:
            return Place(0, 0, 0)
        sequence, start = self._left[0], self._at
        self._at = min(start + time, self._lengths[sequence])
        place = Place(sequence, start, self._at - start)
        if self._at == self._lengths[sequence]:
            self._left, self._at = self._left[1:], 0
        return place
