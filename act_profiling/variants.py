"""The variants of a profile: artefacts on disk, each at one or more budgets."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

from act_artefact.errors import UserError, either, shown
from act_artefact.files import digest
from act_artefact.manifest import Manifest, read_manifest
from act_artefact.targets import TARGETS, BuiltInRuntime, LibraryRuntime


@dataclass(frozen=True)
class Artefact:
    """An exported model on disk, checked against its manifest."""

    path: Path
    manifest: Manifest
    name: str
    """In a report; see :func:`names`."""


@dataclass(frozen=True)
class Variant:
    """An artefact at one budget: one line of the report."""

    label: str
    artefact: Artefact
    budget: dict[str, float]


def open_artefacts(paths: Sequence[Path]) -> list[Artefact]:
    """Open the artefacts of one report.

    Raises:
        UserError: one is given twice, or is not as it should be; see :func:`open_artefact`.
    """
    for path in paths:
        if path.name in ("", ".."):
            raise UserError(f"{path}: is a folder: give the file of an export in it")
    whole = [path.absolute() for path in paths]
    for path, other in combinations(whole, 2):
        if path == other:
            raise UserError(f"{path}: is given twice")
    return [open_artefact(path, name) for path, name in zip(paths, _names(whole), strict=True)]


def _names(paths: Sequence[Path]) -> list[str]:
    """Choose names that tell artefacts apart in a report.

    The file's name; where that is not unique, with the first folder in which the paths differ:
    ``out/charlm/tflite/model.tflite`` and ``out/fixed1/model.tflite`` are ``charlm/model.tflite``
    and ``fixed1/model.tflite``. Where that is not unique either, the path after the common folder.
    """
    common = os.path.commonpath([path.parent for path in paths])
    apart = [path.relative_to(common) for path in paths]
    choices = (
        [path.name for path in apart],
        ["/".join(dict.fromkeys((path.parts[0], path.name))) for path in apart],
        [path.as_posix() for path in apart],
    )
    return next(names for names in choices if len(set(names)) == len(names))


def open_artefact(path: Path, name: str | None = None) -> Artefact:
    """Find the manifest beside an artefact and check that it is its own.

    Args:
        name: in a report; by default the file's.

    Raises:
        UserError: either is missing, or they do not belong together.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file")
    manifest = read_manifest(path.with_name(f"{path.stem}.manifest.json"))
    if manifest.artefact != path.name or manifest.sha256 != digest(path):
        raise UserError(
            f"{path}: is not the artefact that its manifest describes: export the model again"
        )
    target = TARGETS.get(manifest.target)
    if target is None:
        raise UserError(
            f"{path}: target {shown(manifest.target)} is not known: profile an export for "
            f"{either([*TARGETS])}"
        )
    if target.device is None:
        runners = (LibraryRuntime, BuiltInRuntime)
        others = [each.suffix for each in TARGETS.values() if isinstance(each.device, runners)]
        raise UserError(
            f"{path}: {target.name} models {target.not_profiled}: profile the {either(others)} "
            "export of the model"
        )
    # Profiled at the largest size, which is the data's: smaller items are filled up to it.
    stated = replace(manifest, interface=manifest.interface.largest())
    return Artefact(path, stated, name or path.name)


def parse_sweep(text: str) -> tuple[str, list[float]]:
    """``max_ponder=1,2,4`` -> its name and values.

    Raises:
        UserError: it does not read so.
    """
    name, _, values = text.partition("=")
    try:
        numbers = [float(value) for value in values.split(",")]
    except ValueError:
        numbers = []
    if not all(map(math.isfinite, numbers)):
        raise UserError(f"--sweep {shown(text)}: not a finite number")
    if name not in ("max_ponder", "halt_threshold") or not numbers:
        raise UserError(f"--sweep {text!r}: write max_ponder=1,2,4 or halt_threshold=0.5,0.9")
    return name, list(dict.fromkeys(numbers))


def swept(artefacts: list[Artefact], sweeps: list[str]) -> list[Variant]:
    """Make a variant of every artefact at every budget that the sweeps ask for.

    An artefact without budget inputs, a fixed baseline for one, is profiled as it is.

    Raises:
        UserError: no artefact has the input that a sweep sets, or a value is out of its range.
    """
    ranges = [parse_sweep(sweep) for sweep in sweeps]
    for name, _ in ranges:
        if not any(_has(artefact, name) for artefact in artefacts):
            raise UserError(
                f"--sweep {name}: no artefact has it as an input: export with --budget-inputs"
            )
    found = []
    for artefact in artefacts:
        own = [(name, values) for name, values in ranges if _has(artefact, name)]
        for combination in product(*(values for _, values in own)):
            budget = dict(zip((name for name, _ in own), combination, strict=True))
            _check(artefact, budget)
            found.append(Variant(_label(artefact, budget), artefact, budget))
    return found


def _has(artefact: Artefact, name: str) -> bool:
    return any(tensor.name == name for tensor in artefact.manifest.interface.budget)


def _check(artefact: Artefact, budget: dict[str, float]) -> None:
    limit = budget.get("max_ponder", 1)
    if limit != int(limit) or not 1 <= limit <= artefact.manifest.max_ponder:
        raise UserError(
            f"--sweep max_ponder={limit:g}: {artefact.path.name} was made for 1 to "
            f"{artefact.manifest.max_ponder}"
        )
    if not 0 <= budget.get("halt_threshold", 1) <= 1:
        raise UserError(f"--sweep halt_threshold={budget['halt_threshold']:g}: must be from 0 to 1")


def _label(artefact: Artefact, budget: dict[str, float]) -> str:
    return " ".join([artefact.name, *(f"{name}={value:g}" for name, value in budget.items())])
