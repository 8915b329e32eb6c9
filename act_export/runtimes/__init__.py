"""Running an artefact on this machine, by its target's own runtime; imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from act_artefact.driver import PartFacts, drive


class Runtime(Protocol):
    """A loaded artefact."""

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """One call: every input by name -> every output by name, in arrays of their own."""
        ...


def load(target: str, path: Path, parts: Sequence[PartFacts] = ()) -> Runtime:
    """Load ``path``, an artefact for ``target``, in the runtime that stands for it here.

    Args:
        parts: of the host form; they are then driven from here.
    """
    loader: Callable[..., Runtime] = import_module(f"act_export.runtimes.{target}").load
    if not parts:
        return loader(path)
    if path.is_file():
        return Driven(parts, {part.name: loader(path, part.name) for part in parts})
    files = {file.stem: file for file in path.iterdir()}
    return Driven(parts, {part.name: loader(files[part.name]) for part in parts})


class Driven:
    """The host form, driven as an app would."""

    def __init__(self, parts: Sequence[PartFacts], runtimes: dict[str, Runtime]) -> None:
        self._parts, self._runtimes = parts, runtimes

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        return drive(self._parts, inputs, lambda name, values: self._runtimes[name].run(values))
