"""Running an artefact on this machine, by its target's own runtime; imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt


class Runtime(Protocol):
    """A loaded artefact."""

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """One call: every input by name -> every output by name, in arrays of their own."""
        ...


def load(target: str, path: Path) -> Runtime:
    """Load ``path``, an artefact for ``target``, in the runtime that stands for it here."""
    loader: Callable[[Path], Runtime] = import_module(f"act_export.runtimes.{target}").load
    return loader(path)
