"""The tasks that a model is trained for: each in one file, found here by its name.

A task's module is loaded when the task is first requested, so that listing them is quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from act_artefact.errors import UserError, shown

if TYPE_CHECKING:
    from act_mobile.tasks.task import Task

__all__ = ["TASKS", "task_class", "task_from_dict"]

TASKS = {
    "parity": "is the number of ones in a vector odd?",
    "logic": "apply a chain of logic gates, one after the other",
    "addition": "add up numbers given digit by digit",
    "sort": "put random numbers in ascending order",
    "charlm": "predict the next character of a text",
    "hops": "follow a chain of pointers through a table",
    "maze": "find the way through a maze of any size",
    "mnist1d": "classify one-dimensional digits, one sample at a time",
    "own": "learn from arrays of your own",
}
"""Every task's name, which is also its module's, and what it asks."""


def task_class(name: str) -> type[Task]:
    """The class of the task called ``name``; its fields are the task's sizes.

    Raises:
        UserError: there is no such task.
    """
    if name not in TASKS:
        raise UserError(f"task {shown(name)} is not known: use one of {', '.join(TASKS)}")
    task: type[Task] = import_module(f"{__name__}.{name}").TASK
    return task


def task_from_dict(saved: Mapping[str, Any]) -> Task:
    """The task that ``Task.to_dict`` described, as ``model.pt`` holds it.

    Raises:
        UserError: the task is not known, a size is of another type or out of range, or the task
            has a file of its author's own, which the description does not carry.
    """
    return task_class(str(saved.get("name"))).from_dict(saved)
