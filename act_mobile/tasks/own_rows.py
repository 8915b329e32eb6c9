"""Rows of one's own data, read from a ``.npz``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from act_artefact.data import EvalFile, checked
from act_artefact.errors import UserError, shown
from act_artefact.labels import MOST_LABEL, MOST_LABELS
from act_artefact.npz import read_npz
from act_mobile.tasks.batch import Batch

VECTOR_AXES, IMAGE_AXES = 2, 4
"""Axes of ``x`` (N, I) and (N, C, H, W)."""

MOST_CLASSES = 65536

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Rows:
    """All rows of a file."""

    batch: Batch
    metric: str | None
    labels: tuple[str, ...] | None = None
    """Names of the classes, at least as many as there are."""
    difficulty_name: str = "difficulty"
    pooled: bool = False
    """True if an image has one answer."""
    title: str | None = None
    """The data's own name."""
    every: int = 1
    """The rows have one of so many time steps of their source."""

    @property
    def values(self) -> bool:
        """True if numbers are to be predicted, not classes."""
        return self.batch.targets.is_floating_point()

    @cached_property
    def one_answer(self) -> bool:
        """True if every row has one answer."""
        answers = self.batch.asked.flatten(1).sum(1)
        return self.batch.targets.dim() <= 2 + self.values and bool((answers == 1).all())

    @cached_property
    def outputs(self) -> int:
        """O, the numbers that a model for these targets puts out."""
        targets, questions = self.batch.targets, 1
        if self.values:
            return targets.shape[-1]
        if self.batch.timed and targets.dim() > 2:
            questions = targets.shape[2]
        classes = max(int(targets.max()) + 1, len(self.labels or ()))
        return questions * (classes if classes > 2 else 1)

    @cached_property
    def vocabulary(self) -> int:
        """Tokens are below it; 0 if the inputs are features."""
        inputs = self.batch.inputs
        return 0 if inputs.is_floating_point() else int(inputs.max()) + 1

    @cached_property
    def filled(self) -> bool:
        """True if images are filled up with zeros where nothing is asked."""
        batch = self.batch
        if batch.timed or batch.mask is None or self.pooled or bool(batch.mask.all()):
            return False
        return not bool((batch.inputs.abs().amax(1) * ~batch.mask).any())

    @property
    def kind(self) -> str:
        """Inputs and targets in words; those of two files must be alike."""
        inputs, targets = self.batch.inputs, self.batch.targets
        if not self.batch.timed:
            channels, height, width = inputs.shape[1:]
            data = f"images of {channels} x {height} x {width}"
            answers = "an image" if self.pooled else "a place"
        else:
            tokens = not inputs.is_floating_point()
            data = "tokens" if tokens else f"sequences of {inputs.shape[2]} features"
            answers = "a time step"
        last = self.values or (self.batch.timed and targets.dim() > 2)
        count = f"{targets.shape[-1]} " if last else ""
        return f"{data}, {count}{'numbers' if self.values else 'classes'} {answers}"


def read_rows(path: Path) -> Rows:
    """Read inputs, ``targets``, and if they are there ``lengths``, ``mask``, ``metric``,
    ``labels``, ``every`` and ``difficulty``.

    Inputs are ``x``: sequences (N, T, I), vectors (N, I) or images (N, C, H, W); or ``tokens``
    (N, T). Targets that are whole numbers are classes, others numbers to be predicted: of sequences
    (N, T), (N, T, K), or (N,) for one class at the end; of vectors (N,) or (N, K); of images
    (N, H, W) for each place, numbers (N, H, W, K), or (N,) or (N, K) for the whole.

    Raises:
        UserError: the file is missing, damaged or not of this form.
    """
    arrays = read_npz(path)
    x, targets = arrays.get("x"), arrays.get("targets")
    if targets is None:
        raise UserError(f"{path}: has no 'targets', which training needs")
    timed = "tokens" in arrays or x is None or x.ndim != IMAGE_AXES
    if x is not None and timed and x.ndim == VECTOR_AXES:
        arrays = {**arrays, "x": x[:, None], "targets": targets[:, None]}
    elif timed and targets.ndim == 1:
        arrays = _at_the_end(arrays)
    file = checked(path, arrays, timed=timed)
    pooled = not timed and _pooled(file)
    batch = _batch(file, pooled)
    if file.labels is not None:
        _check_labels(path, file.labels, batch.targets)
    if file.difficulty is not None:
        batch = batch._replace(difficulty=torch.from_numpy(file.difficulty.astype(np.int64)))
    return Rows(
        *(batch, file.metric, file.labels, file.difficulty_name),
        pooled=pooled,
        title=file.title,
        every=file.every,
    )


def _at_the_end(arrays: Arrays) -> Arrays:
    """Ask for a sequence's one answer at its last time step; what does not fit is left as it is."""
    inputs, answers = arrays.get("tokens", arrays.get("x")), arrays["targets"]
    if inputs is None or inputs.ndim < VECTOR_AXES or len(inputs) != len(answers):
        return arrays
    count, time = inputs.shape[:2]
    lengths = arrays.get("lengths", np.full(count, time))
    if lengths.shape != (count,) or lengths.dtype.kind not in "iu" or answers.dtype.kind == "U":
        return arrays
    mask = np.arange(time) == lengths[:, None] - 1
    return {**arrays, "targets": mask * answers[:, None], "mask": mask}


def _pooled(file: EvalFile) -> bool:
    """True if targets are one to an image, (N,) or numbers (N, K); False if one to each place."""
    inputs, targets = file.arrays[file.name], file.targets
    assert targets is not None
    if targets.shape[1:3] == inputs.shape[2:]:
        return False
    if targets.ndim <= 1 + (targets.dtype.kind == "f"):
        return True
    raise UserError(
        f"{file.path}: 'targets' has shape {targets.shape}, images {inputs.shape}: give one to an "
        "image, or one to each place"
    )


def _batch(file: EvalFile, pooled: bool) -> Batch:
    inputs, targets, mask = file.arrays[file.name], file.targets, file.mask
    assert targets is not None
    values = targets.dtype.kind == "f"
    if not file.timed:
        if pooled:
            # The whole image is one place.
            targets, mask = (each.reshape(len(each), 1, -1) for each in (targets, mask))
            if not values:
                targets, mask = targets[..., 0], mask[..., 0]
        elif values and targets.ndim == IMAGE_AXES - 1:
            targets, mask = targets[..., None], mask[..., None]
        if values:
            mask = mask[..., 0]
        if not mask.reshape(len(mask), -1).any(1).all():
            raise UserError(f"{file.path}: 'mask' is false everywhere in an image")
    elif values and targets.ndim == 2:
        targets = targets[..., None]
    if not values:
        _check_classes(file.path, targets)
    running = np.arange(mask.shape[1]) < file.lengths[:, None] if file.timed else None
    if running is not None:
        mask = mask & running
    where = mask.reshape(mask.shape + (1,) * (targets.ndim - mask.ndim))
    asked = np.where(where, targets, 0).astype(np.float32 if values else np.int64)
    kind = np.int64 if file.name == "tokens" else np.float32
    whole = running is None or bool(running.all())
    return Batch(
        torch.from_numpy(inputs.astype(kind)),
        torch.from_numpy(asked),
        None if whole else torch.from_numpy(file.lengths.astype(np.int64)),
        torch.from_numpy(mask),
        timed=file.timed,
    )


def _check_labels(path: Path, labels: tuple[str, ...], targets: torch.Tensor) -> None:
    if targets.is_floating_point():
        raise UserError(f"{path}: 'labels' are names of classes, and the targets are numbers")
    classes = int(targets.max()) + 1
    if not classes <= len(labels) <= MOST_LABELS:
        raise UserError(
            f"{path}: 'labels' has {len(labels)} names, one a line, for {classes} classes"
        )
    if long := [label for label in labels if len(label) > MOST_LABEL]:
        raise UserError(f"{path}: a label is longer than {MOST_LABEL}: {shown(long[0])}")


def _check_classes(path: Path, targets: npt.NDArray[Any]) -> None:
    low, high = int(targets.min()), int(targets.max())
    if not 0 <= low <= high < MOST_CLASSES:
        raise UserError(
            f"{path}: 'targets' has classes from {low} to {high}: number them from 0, fewer than "
            f"{MOST_CLASSES}; numbers to be predicted are floating-point"
        )
