"""The facts of a model's task that its manifest repeats, checked: a stranger's file states them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from act_artefact.errors import UserError
from act_artefact.labels import MOST_LABELS, Label
from act_artefact.schema import Mismatch, Natural, Text, typed
from act_mobile.tasks import TASKS


@dataclass(frozen=True)
class TaskFacts:
    """A task as ``model.pt`` describes it, as far as an app is told; None where it does not."""

    name: Text | None = None
    metric: Text | None = None
    labels: Annotated[list[Label], Meta(max_length=MOST_LABELS)] | None = None
    vocabulary: Text | None = None
    every: Natural | None = None
    """The model takes one of so many time steps of its data's source; None for all."""

    @property
    def purpose(self) -> str | None:
        """The task in words, if it is a known one."""
        return TASKS.get(self.name or "")


def task_facts(model: str, task: dict[str, Any]) -> TaskFacts:
    """Check what a manifest repeats of a task.

    Raises:
        UserError: it is of another type, too long, or has control characters where none may be.
    """
    try:
        return typed(task, TaskFacts)
    except Mismatch as error:
        raise UserError(
            f"{model}: its task's {error}: save the model with another task, or with none"
        ) from None
