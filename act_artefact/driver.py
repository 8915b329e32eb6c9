"""Driving the host form: the app's side of the ponder loop, in Python; imports no torch.

The whole driver is: keep values by name; call each part once, but a step as long as its progress
is below its threshold; what a part returns as ``NAME_out`` is ``NAME`` from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Repeat:
    """A part is called while this holds: the value ``progress`` is below ``threshold``."""

    progress: str
    threshold: float | str
    """A number, or the name of the value that holds it."""


@dataclass(frozen=True)
class PartFacts:
    """A part, as a driver sees it."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    repeat: Repeat | None
    """None for a part that is called once."""


def drive(
    parts: Sequence[PartFacts], inputs: Arrays, call: Callable[[str, Arrays], Arrays]
) -> Arrays:
    """One time step.

    Args:
        call: runs the part of this name.

    Returns:
        All values that parts returned, by name: those of the model's interface among them.
    """
    values = dict(inputs)
    returned: Arrays = {}
    for part in parts:
        while part.repeat is None or _due(part.repeat, values):
            answer = call(part.name, {name: values[name] for name in part.inputs})
            returned.update(answer)
            values.update(
                {
                    name.removesuffix("_out"): v
                    for name, v in answer.items()
                    if name.endswith("_out")
                }
            )
            if part.repeat is None:
                break
    return returned


def _due(repeat: Repeat, values: Arrays) -> bool:
    threshold = repeat.threshold
    limit = values[threshold].item() if isinstance(threshold, str) else threshold
    return bool(values[repeat.progress].item() < limit)
