"""``eval.npz``: real inputs, with what is asked about them; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError, escaped, shown
from act_artefact.feeds import Samples, cut
from act_artefact.metrics import METRICS
from act_artefact.npz import read_npz

INT32 = np.iinfo(np.int32)


@dataclass(frozen=True)
class EvalFile:
    """The contents of an ``eval.npz``, checked as far as no model is needed."""

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

    def samples(self, features: tuple[int, ...], vocab_size: int | None) -> Samples:
        """The sequences, for a model that reads time steps of this shape.

        Args:
            vocab_size: tokens must be below it, where it is known.

        Raises:
            UserError: the file is for another kind of model.
        """
        if self.features != features:
            has, reads = (
                f"'x' of {' x '.join(map(str, each))} features" if each else "'tokens'"
                for each in (self.features, features)
            )
            raise UserError(f"{self.path}: has {has}, this model reads {reads}")
        low, high = self.inputs.min(), self.inputs.max()
        if vocab_size is not None and not 0 <= low <= high < vocab_size:
            raise UserError(
                f"{self.path}: tokens from {low} to {high}, the model knows 0 to {vocab_size - 1}"
            )
        return Samples(
            cut(self.inputs.astype(np.float32 if features else np.int32), self.lengths),
            str(self.path),
            self.metric,
            None if self.targets is None else cut(self.targets, self.lengths),
            cut(self.mask, self.lengths),
        )


def load(path: Path) -> EvalFile:
    """Read ``eval.npz``.

    Raises:
        UserError: the file is not there, not a ``.npz``, or its arrays are not as they should be.
    """
    arrays = read_npz(path)
    name = next((name for name in ("tokens", "x") if name in arrays), None)
    if name is None:
        names = escaped(", ".join(sorted(arrays))) or "nothing"
        raise UserError(f"{path}: has neither 'x' nor 'tokens', but {names}")
    inputs = arrays[name]
    _check_inputs(path, name, inputs)
    lengths = arrays.get("lengths", np.full(len(inputs), inputs.shape[1]))
    if lengths.shape != inputs.shape[:1] or lengths.dtype.kind not in "iu":
        raise UserError(f"{path}: 'lengths' must be {len(inputs)} whole numbers, one a sequence")
    if lengths.min() < 1 or lengths.max() > inputs.shape[1]:
        raise UserError(f"{path}: 'lengths' must lie between 1 and {inputs.shape[1]}")
    targets = arrays.get("targets")
    if targets is not None:
        _check_targets(path, targets, name, inputs)
    mask = arrays.get("mask", np.ones(inputs.shape[:2], bool))
    if mask.shape != inputs.shape[:2] or mask.dtype != bool:
        raise UserError(f"{path}: 'mask' must be {inputs.shape[:2]} of true or false")
    if not mask[np.arange(inputs.shape[1]) < lengths[:, None]].any():
        raise UserError(f"{path}: 'mask' is false everywhere: nothing would be judged")
    return EvalFile(path, inputs, lengths, _metric(path, arrays.get("metric")), targets, mask)


def _check_inputs(path: Path, name: str, inputs: npt.NDArray[Any]) -> None:
    tokens = name == "tokens"
    wanted = "whole numbers" if tokens else "floating-point numbers"
    if inputs.dtype.kind not in ("iu" if tokens else "f"):
        raise UserError(f"{path}: {name!r} has type {inputs.dtype}, expected {wanted}")
    if (inputs.ndim != 2 if tokens else inputs.ndim < 3) or 0 in inputs.shape:
        shape = "(N, T)" if tokens else "(N, T, features)"
        raise UserError(f"{path}: {name!r} has shape {inputs.shape}, expected {shape}")
    if tokens and not INT32.min <= inputs.min() <= inputs.max() <= INT32.max:
        raise UserError(f"{path}: {name!r} has numbers that do not fit in int32")
    if not tokens and not np.isfinite(inputs).all():
        raise UserError(f"{path}: {name!r} has NaN or infinite values")
    if not tokens and np.abs(inputs).max() > np.finfo(np.float32).max:
        raise UserError(f"{path}: {name!r} has values that do not fit in float32")


def _check_targets(
    path: Path, targets: npt.NDArray[Any], name: str, inputs: npt.NDArray[Any]
) -> None:
    if targets.shape[:2] != inputs.shape[:2] or 0 in targets.shape:
        raise UserError(f"{path}: 'targets' has shape {targets.shape}, {name!r} {inputs.shape}")
    if not np.isfinite(targets).all():
        raise UserError(f"{path}: 'targets' has NaN or infinite values")


def _metric(path: Path, metric: npt.NDArray[Any] | None) -> str | None:
    if metric is None:
        return None
    if metric.dtype.kind != "U":
        raise UserError(f"{path}: 'metric' has type {metric.dtype}, expected a text")
    if str(metric) not in METRICS:
        raise UserError(
            f"{path}: metric {shown(str(metric))} is not known: use one of {', '.join(METRICS)}"
        )
    return str(metric)
