"""The common part of all tasks: sizes, the loss, the metric.

Tasks are classification, which needs one mechanism. A time step has K questions of C classes
each; the model's O = K C outputs are their scores in that order. C = 1 is a yes-or-no question
whose score is the logit of yes. Where a row is one item without time steps, each of its places is
asked as a time step is. The exception is the metric ``mse``: K = O numbers are to be output.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from act_artefact.errors import UserError, escaped, shown
from act_artefact.files import read
from act_mobile.models import Config, config_class
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe

Metric = Literal["sequence_error", "accuracy", "bits_per_char", "mse"]

FACTS = {"name", "metric", "labels", "vocabulary", "every"}
"""Entries of :meth:`Task.to_dict` besides the sizes and own files."""

MAX_FILE = 1 << 30
"""Bytes of a file of the user's own that are read."""

EVALUATION_SEED = 0x5EED_E7A1
"""Decides the rows that models are judged by."""

BITS_PER_NAT = 1.4426950408889634


def size(default: int, low: int, high: int, text: str) -> Any:
    """A task's size: a dataclass field that knows its range and what to say about itself."""
    return field(default=default, metadata={"low": low, "high": high, "help": text})


def own_file(text: str) -> Any:
    """A file of the user's own: a dataclass field that is its path, or None.

    The path never leaves this machine: what describes the task has the sha256 of the contents, and
    a task that is made from a description opens nothing.
    """
    return field(default=None, metadata={"own_file": True, "help": text})


@dataclass(frozen=True)
class Task(ABC):
    """A task; its fields are its sizes, and files of the user's own.

    Raises:
        UserError: a size is not a whole number in its range.
    """

    name: ClassVar[str]
    model: ClassVar[str] = "sequence"
    """The kind of model, as :mod:`act_mobile.models` names them."""
    metric: ClassVar[Metric] = "sequence_error"
    recipe: ClassVar[Recipe]
    labels: ClassVar[tuple[str, ...] | None] = None
    """Names of the classes, where they have names."""
    vocabulary: ClassVar[str | None] = None
    """The kind of tokens, where a model reads tokens: ``bytes`` of text."""
    channels: ClassVar[tuple[str, ...] | None] = None
    """Names of the channels, where items are images whose channels have names."""
    every: ClassVar[int] = 1
    """Rows have one of so many time steps of their source; an app leaves out the others, too."""
    difficulty_name: ClassVar[str]
    """Name of the quantity that :meth:`difficulty` returns."""
    difficulty_labels: ClassVar[tuple[str, ...] | None] = None
    """Names of the difficulties 0, 1, ..., where they are kinds and not counts."""
    evaluation_rows: ClassVar[int] = 1024

    def __post_init__(self) -> None:
        for f in fields(self):
            if "low" not in f.metadata:
                continue
            value, low, high = getattr(self, f.name), f.metadata["low"], f.metadata["high"]
            if type(value) is not int or not low <= value <= high:
                raise UserError(
                    f"{f.name} must be a whole number from {low} to {high}, not {shown(value)}"
                )

    @classmethod
    def cells(cls) -> Collection[str]:
        """The cells, or steps, that a model for this task may have."""
        return config_class(cls.model).cells

    @abstractmethod
    def config(self, **model: Any) -> Config:
        """The configuration of a model for this task.

        Args:
            model: the settings that the task leaves open, ``hidden_size`` first.
        """

    @abstractmethod
    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """``size`` rows of training data; the generator's state alone decides which."""

    @abstractmethod
    def difficulty(self, batch: Batch) -> Tensor:
        """Return the difficulty of each row, (B,), or of each time step, (B, T); int64."""

    @cached_property
    def evaluation(self) -> Batch:
        """The rows that every model for this task is judged by."""
        return self.batch(self.evaluation_rows, torch.Generator().manual_seed(EVALUATION_SEED))

    @property
    def title(self) -> str:
        """The task's name for people, above pictures."""
        return self.name

    @property
    def higher_is_better(self) -> bool:
        """True if a higher metric is better."""
        return self.metric == "accuracy"

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy in nats, summed over a time step's questions, mean over time steps.

        For mse it is the mean square.

        Args:
            output: (B, T, O), the model's; of items (B, ..., O).
        """
        return self.mean(self.errors(output, batch), batch)

    def errors(self, output: Tensor, batch: Batch) -> Tensor:
        """Compute each time step's part of the loss: (B, T, O) -> (B, T).

        An item's is the mean over its places that are asked: (B, ..., O) -> (B,).
        """
        errors = self._error(*batch.places(output))
        if batch.timed:
            return errors
        asked = batch.asked.flatten(1)
        return (errors * asked).sum(1) / asked.sum(1).clamp(min=1)

    def _error(self, output: Tensor, targets: Tensor) -> Tensor:
        """Nats, or for mse squares: (B, T, O), (B, T[, K]) -> (B, T)."""
        if self.metric == "mse":
            return (output - targets.view_as(output)).square().mean(-1)
        return _cross_entropy(output, targets)

    def mean(self, errors: Tensor, batch: Batch) -> Tensor:
        """Average errors, as :meth:`errors` gives them, over the time steps that are asked.

        It is 0 where none is, as in a batch of rows with a sparse mask.
        """
        if not batch.timed or (batch.lengths is None and batch.mask is None):
            return errors.mean()
        return (errors * batch.asked).sum() / batch.asked.sum().clamp(min=1)

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        """The metric of each time step, or place of an item, by itself: float, as ``asked``.

        It is 1 for a wrong time step (sequence_error) or a right one (accuracy), the bits that its
        character costs (bits_per_char), or its mean square (mse).
        """
        output, targets = batch.places(output)
        if self.metric in ("bits_per_char", "mse"):
            unit = BITS_PER_NAT if self.metric == "bits_per_char" else 1.0
            score = self._error(output, targets) * unit
        else:
            scores = _by_question(output, targets)
            chosen = scores[..., 0] > 0 if scores.shape[-1] == 1 else scores.argmax(-1)
            right = (chosen.flatten(2) == targets.reshape(chosen.shape).flatten(2)).all(-1)
            score = (right if self.metric == "accuracy" else ~right).float()
        return score.view(batch.asked.shape)

    def measure(self, score: Tensor, asked: Tensor) -> float:
        """The metric of some rows: sequence_error is the part of them with any mistake.

        Args:
            score: (B, T), as :meth:`score` returns it; of items (B, ...).
            asked: bool, of the same shape.
        """
        if self.metric == "sequence_error":
            return float((score * asked).flatten(1).amax(1).mean())
        return float((score * asked).sum() / asked.sum())

    @cached_property
    def own_files(self) -> dict[str, bytes]:
        """The contents of the user's own files, by field; read once, so that they stay the same.

        Raises:
            UserError: a file is missing, no regular file, or too large.
        """
        paths = {name: getattr(self, name) for name in _own_files(self)}
        return {n: read(Path(path), MAX_FILE) for n, path in paths.items() if path is not None}

    def to_dict(self) -> dict[str, Any]:
        """The task in plain types: its sizes, its files' sha256, and what models are told of it.

        Raises:
            UserError: a file of the user's own cannot be read.
        """
        contents = self.own_files
        return {
            "name": self.name,
            **{name: getattr(self, name) for name in _sizes(self)},
            **{
                _described(name): hashlib.sha256(contents[name]).hexdigest()
                if name in contents
                else None
                for name in _own_files(self)
            },
            "metric": self.metric,
            "labels": None if self.labels is None else list(self.labels),
            "vocabulary": self.vocabulary,
            **({"every": self.every} if self.every > 1 else {}),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """The task that :meth:`to_dict` described; sizes it lacks keep their defaults.

        Raises:
            UserError: an entry is not known, a size is out of range, or the task has a file of its
                author's own.
        """
        files = _own_files(cls)
        # Descriptions of old had the path itself.
        known = {*_sizes(cls), *files, *map(_described, files), *FACTS}
        if unknown := sorted(map(str, saved.keys() - known)):
            raise UserError(f"task {cls.name} has unknown entries: {escaped(', '.join(unknown))}")
        for name in files:
            if saved.get(name) is not None or saved.get(_described(name)) is not None:
                raise UserError(
                    f"the model was trained on data of its author's own ({name}), which its file "
                    "does not carry: give --data (the eval.npz that act-train wrote beside it)"
                )
        return cls(**{name: saved[name] for name in _sizes(cls) if name in saved})


def _sizes(task: Task | type[Task]) -> list[str]:
    return [f.name for f in fields(task) if "own_file" not in f.metadata]


def _own_files(task: Task | type[Task]) -> list[str]:
    return [f.name for f in fields(task) if "own_file" in f.metadata]


def _described(own_file: str) -> str:
    """The entry that stands for an own file in a task's description."""
    return f"{own_file}_sha256"


def _by_question(output: Tensor, targets: Tensor) -> Tensor:
    """(B, T, O) -> (B, T, K, C)."""
    questions = targets.shape[2] if targets.dim() == 3 else 1
    return output.unflatten(-1, (questions, -1))


def _cross_entropy(output: Tensor, targets: Tensor) -> Tensor:
    """(B, T, O), (B, T[, K]) -> nats of each time step, (B, T)."""
    if output.shape[-1] == 1:
        logits = output.squeeze(-1)
        return F.binary_cross_entropy_with_logits(
            logits, targets.to(logits.dtype), reduction="none"
        )
    scores = _by_question(output, targets)
    nats = F.cross_entropy(scores.flatten(0, 2), targets.flatten(), reduction="none")
    return nats.view(scores.shape[:3]).sum(-1)
