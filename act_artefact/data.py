"""``eval.npz``: real inputs, with targets, mask, lengths and metric; imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError, escaped, shown
from act_artefact.feeds import Samples, cut
from act_artefact.interface import DataInput
from act_artefact.metrics import METRICS
from act_artefact.npz import read_npz
from act_artefact.schema import Mismatch, Name, typed

INT32 = np.iinfo(np.int32)

QUESTIONS = (
    *("targets", "lengths", "mask", "metric", "every"),
    *("difficulty", "difficulty_name", "channels", "title"),
)
"""The arrays that are not inputs."""

MOST_TITLE = 60
"""Characters of a title."""

MOST_CHANNELS = 64
"""Channels that may have names."""


@dataclass(frozen=True)
class EvalFile:
    """The contents of an ``eval.npz``, checked as far as no model is needed."""

    path: Path
    name: str
    """Name of the first input: ``x`` or ``tokens``."""
    arrays: dict[str, npt.NDArray[Any]]
    """All possible inputs, by name; only the first has been checked: ``tokens`` (N, T) of whole
    numbers, or ``x`` (N, T, ...) of finite ones, without time (N, ...)."""
    lengths: npt.NDArray[Any]
    metric: str | None
    targets: npt.NDArray[Any] | None
    mask: npt.NDArray[np.bool_]
    """Where the output counts: (N, T), or, without time, of the targets' shape."""
    timed: bool = True
    """False if an item has no time steps."""
    difficulty: npt.NDArray[Any] | None = None
    """Whole numbers, of each sequence, (N,), or of each time step, (N, T)."""
    difficulty_name: str = "difficulty"
    channels: tuple[str, ...] | None = None
    """Names of the channels of ``x`` (N, C, H, W), where the file has them."""
    labels: tuple[str, ...] | None = None
    """Names of the classes, from a text of one a line."""
    title: str | None = None
    """The data's own name, for people."""
    every: int = 1
    """The arrays have one of so many time steps of their source."""

    @property
    def lead(self) -> tuple[int, ...]:
        """The axes with which every input begins: (N, T), or (N,) without time."""
        return self.arrays[self.name].shape[: 1 + self.timed]

    def input(self, name: str) -> DataInput:
        """Describe the input of a name.

        Raises:
            UserError: there is none, or it is not as it should be.
        """
        if name not in self.arrays:
            names = escaped(", ".join(sorted(self.arrays)))
            raise UserError(f"{self.path}: has {names}, this model reads {name!r}")
        array = self.arrays[name]
        if name != self.name:
            _check_input(self.path, name, array, self.timed)
            if array.shape[: len(self.lead)] != self.lead:
                raise UserError(
                    f"{self.path}: {shown(name)} has shape {array.shape}: it must begin with "
                    f"{self.lead}, as {self.name!r} does"
                )
        return DataInput(name, () if name == "tokens" else array.shape[len(self.lead) :])

    def first(self, count: int) -> EvalFile:
        """Take the first so many sequences or items."""
        return replace(
            self,
            arrays={n: a[:count] if a.ndim else a for n, a in self.arrays.items()},
            lengths=self.lengths[:count],
            targets=None if self.targets is None else self.targets[:count],
            mask=self.mask[:count],
            difficulty=None if self.difficulty is None else self.difficulty[:count],
        )

    def samples(self, wanted: tuple[DataInput, ...]) -> Samples:
        """The sequences, for a model that reads these inputs.

        Raises:
            UserError: the file is for another kind of model.
        """
        for read in wanted:
            has = self.input(self.name if read is wanted[0] else read.name)
            if (has.name, has.features) != (read.name, read.features):
                raise UserError(f"{self.path}: has {_words(has)}, this model reads {_words(read)}")
            self._check_vocabulary(read)
        first, *others = (self._cut(self.arrays[r.name].astype(r.dtype)) for r in wanted)
        return Samples(
            first,
            self.path.name,  # a manifest holds it, and goes to others: no path of this machine
            self.metric,
            None if self.targets is None else self._cut(self.targets),
            self._cut(self.mask),
            dict(zip((read.name for read in wanted[1:]), others, strict=True)),
        )

    def difficulties(self) -> list[npt.NDArray[Any]] | None:
        """The difficulty of each sequence, (), or of its time steps, (T,); None if not known."""
        if self.difficulty is None:
            return None
        if self.difficulty.ndim == 1:
            return [*self.difficulty]
        return cut(self.difficulty, self.lengths)

    def _check_vocabulary(self, read: DataInput) -> None:
        if read.vocab_size is not None:
            check_vocabulary(self.path, self.arrays[read.name], read.vocab_size)

    def _cut(self, rows: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Cut rows to sequences of their lengths; an item is one of one time step."""
        return cut(rows if self.timed else rows[:, None], self.lengths)


def _words(data: DataInput) -> str:
    features = f" of {' x '.join(map(str, data.features))} features" if data.features else ""
    return f"{data.name!r}{features}"


def load(path: Path, *, timed: bool = True) -> EvalFile:
    """Read ``eval.npz``.

    Args:
        timed: False if it is for a model without time.

    Raises:
        UserError: the file is not there, not a ``.npz``, or its arrays are not as they should be.
    """
    return checked(path, read_npz(path), timed=timed)


def checked(path: Path, arrays: dict[str, npt.NDArray[Any]], *, timed: bool = True) -> EvalFile:
    """Check the arrays of an ``eval.npz``, as :func:`load` does.

    Raises:
        UserError: they are not as they should be.
    """
    name = next((name for name in ("tokens", "x") if name in arrays), None)
    if name is None:
        names = escaped(", ".join(sorted(arrays))) or "nothing"
        raise UserError(f"{path}: has neither 'x' nor 'tokens', but {names}")
    inputs = {each: array for each, array in arrays.items() if each not in QUESTIONS}
    _check_input(path, name, inputs[name], timed)
    count = len(inputs[name])
    time = inputs[name].shape[1] if timed else 1
    lengths = arrays.get("lengths", np.full(count, time))
    if lengths.shape != (count,) or lengths.dtype.kind not in "iu":
        raise UserError(f"{path}: 'lengths' must be {count} whole numbers, one a sequence")
    if lengths.min() < 1 or lengths.max() > time:
        raise UserError(f"{path}: 'lengths' must lie between 1 and {time}")
    targets = arrays.get("targets")
    lead = inputs[name].shape[: 1 + timed]
    if targets is not None:
        _check_targets(path, targets, lead, f"{name!r} {inputs[name].shape}")
    asked = lead if timed or targets is None else targets.shape
    mask = arrays.get("mask", np.ones(asked, bool))
    if mask.shape != asked or mask.dtype != bool:
        raise UserError(f"{path}: 'mask' must be {asked} of true or false")
    if not (mask[np.arange(time) < lengths[:, None]] if timed else mask).any():
        raise UserError(f"{path}: 'mask' is false everywhere: nothing would be judged")
    metric = _metric(path, arrays.get("metric"))
    difficulty = _difficulty(path, arrays.get("difficulty"), lead)
    words = _text(path, "difficulty_name", arrays.get("difficulty_name")) or "difficulty"
    return EvalFile(
        *(path, name, inputs, lengths, metric, targets, mask, timed, difficulty, words),
        channels=_channels(path, arrays.get("channels"), inputs[name].shape, timed),
        labels=_lines(arrays.get("labels")),
        title=_title(path, arrays.get("title")),
        every=_every(path, arrays.get("every")),
    )


def _every(path: Path, value: npt.NDArray[Any] | None) -> int:
    if value is None:
        return 1
    if value.shape != () or value.dtype.kind not in "iu" or not 1 <= value <= INT32.max:
        raise UserError(f"{path}: 'every' must be one whole number from 1 on")
    return int(value)


def check_vocabulary(path: Path, tokens: npt.NDArray[Any], vocab_size: int) -> None:
    """Refuse a file's tokens that a model does not know.

    Raises:
        UserError: one is below 0, or ``vocab_size`` or above.
    """
    low, high = tokens.min(), tokens.max()
    if not 0 <= low <= high < vocab_size:
        raise UserError(
            f"{path}: tokens from {low} to {high}, the model knows 0 to {vocab_size - 1}"
        )


def _check_input(path: Path, name: str, inputs: npt.NDArray[Any], timed: bool) -> None:
    tokens = name == "tokens"
    wanted = "whole numbers" if tokens else "floating-point numbers"
    if inputs.dtype.kind not in ("iu" if tokens else "f"):
        raise UserError(f"{path}: {shown(name)} has type {inputs.dtype}, expected {wanted}")
    lead = "(N, T" if timed else "(N"
    axes = 1 + timed
    if (inputs.ndim != axes if tokens else inputs.ndim <= axes) or 0 in inputs.shape:
        shape = f"{lead})" if tokens else f"{lead}, features)"
        raise UserError(f"{path}: {shown(name)} has shape {inputs.shape}, expected {shape}")
    if tokens and not INT32.min <= inputs.min() <= inputs.max() <= INT32.max:
        raise UserError(f"{path}: {name!r} has numbers that do not fit in int32")
    if not tokens and not np.isfinite(inputs).all():
        raise UserError(f"{path}: {shown(name)} has NaN or infinite values")
    if not tokens and np.abs(inputs).max() > np.finfo(np.float32).max:
        raise UserError(f"{path}: {shown(name)} has values that do not fit in float32")


def _check_targets(
    path: Path, targets: npt.NDArray[Any], lead: tuple[int, ...], inputs: str
) -> None:
    if targets.shape[: len(lead)] != lead or 0 in targets.shape:
        raise UserError(f"{path}: 'targets' has shape {targets.shape}, {inputs}")
    if targets.dtype.kind not in "biuf":
        raise UserError(f"{path}: 'targets' has type {targets.dtype}, expected numbers")
    if not np.isfinite(targets).all():
        raise UserError(f"{path}: 'targets' has NaN or infinite values")


def _difficulty(
    path: Path, difficulty: npt.NDArray[Any] | None, lead: tuple[int, ...]
) -> npt.NDArray[Any] | None:
    if difficulty is None:
        return None
    if difficulty.shape not in (lead[:1], lead) or difficulty.dtype.kind not in "iu":
        raise UserError(
            f"{path}: 'difficulty' must be {lead[0]} whole numbers, one a sequence, or one a time "
            "step"
        )
    if not INT32.min <= difficulty.min() <= difficulty.max() <= INT32.max:
        raise UserError(f"{path}: 'difficulty' has numbers that do not fit in int32")
    return difficulty


def _channels(
    path: Path, given: npt.NDArray[Any] | None, shape: tuple[int, ...], timed: bool
) -> tuple[str, ...] | None:
    """Split ``right,below,left`` into names, one for each channel of images."""
    text = _text(path, "channels", given)
    if text is None:
        return None
    count = text.count(",") + 1
    if timed or len(shape) != 4 or count != shape[1] or count > MOST_CHANNELS:
        raise UserError(
            f"{path}: 'channels' has {count} names between commas: they must be those of the "
            f"channels of images, x (N, C, H, W) without time, at most {MOST_CHANNELS}; here the "
            f"shape is {shape}"
        )
    try:
        return tuple(typed(each, Name) for each in text.split(","))
    except Mismatch as error:
        raise UserError(f"{path}: 'channels' has a name that is none: {error}") from None


def _text(path: Path, name: str, text: npt.NDArray[Any] | None) -> str | None:
    if text is None:
        return None
    if text.dtype.kind != "U":
        raise UserError(f"{path}: {name!r} has type {text.dtype}, expected a text")
    return str(text)


def _title(path: Path, given: npt.NDArray[Any] | None) -> str | None:
    title = _text(path, "title", given)
    if title is not None and not (title.isprintable() and 0 < len(title) <= MOST_TITLE):
        raise UserError(
            f"{path}: 'title' is {shown(title)}: give a line of at most {MOST_TITLE} characters"
        )
    return title


def _lines(text: npt.NDArray[Any] | None) -> tuple[str, ...] | None:
    """Split a text; an array of the name that is none is an input, or nothing to this project."""
    return None if text is None or text.dtype.kind != "U" else tuple(str(text).split("\n"))


def _metric(path: Path, given: npt.NDArray[Any] | None) -> str | None:
    metric = _text(path, "metric", given)
    if metric is not None and metric not in METRICS:
        raise UserError(
            f"{path}: metric {shown(metric)} is not known: use one of {', '.join(METRICS)}"
        )
    return metric
