"""Conversion to the targets that :mod:`act_artefact.targets` describes.

The package here that has a target's name does it; see :class:`.converter.Converter`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from act_artefact.driver import PartFacts
from act_artefact.errors import CheckFailed, UserError
from act_artefact.form import Ponder
from act_artefact.targets import TARGETS, BuiltInRuntime, Target
from act_artefact.targets.target import PARTS
from act_export.targets.converter import SignatureConverter, SourceConverter, load_converter

if TYPE_CHECKING:
    from act_export.program import Program

__all__ = ["TARGETS", "Target", "convert", "metadata", "operations", "require", "write_source"]


def convert(
    target: Target, program: Program, path: Path, metadata: dict[str, str], precision: str
) -> list[PartFacts]:
    """Write the artefact to ``path``; ``metadata`` goes into the artefact itself.

    Returns:
        In host form, the artefact's parts.

    Raises:
        UserError: the target cannot express the program.
        CheckFailed: what it became would be refused by the target's runtime.
    """
    try:
        converter = load_converter(target)
        if program.form.ponder != "host":
            converter.convert(program, path, metadata, precision)
            return []
        from act_export.host import cut_at_loops

        parts = cut_at_loops(program)
        if target.signatures:
            assert isinstance(converter, SignatureConverter)
            converter.convert_parts(parts, path, metadata, precision)
        else:
            path.mkdir()
            for part in parts:
                file = path / f"{part.facts.name}{target.suffix}"
                converter.convert(part.program, file, metadata, precision)
        return [part.facts for part in parts]
    except (UserError, CheckFailed, OSError):
        raise
    except Exception as error:  # whatever a converter makes of a user's own module
        lines = str(error).strip().splitlines() or [""]
        raise UserError(
            f"{target.name}: its converter refuses the model "
            f"({type(error).__name__}: {lines[0][:200]}): --debug shows all it says"
        ) from error


def operations(target: Target, path: Path) -> int:
    """Count the artefact's operations, those of its subgraphs included."""
    converter = load_converter(target)
    return sum(converter.operations(file) for file in _files(path))


def metadata(target: Target, path: Path) -> dict[str, str]:
    """Read back from an artefact what ``convert`` put into it."""
    return load_converter(target).metadata(_files(path)[0])


def write_source(target: Target, path: Path) -> None:
    """Write NAME.c and NAME.h, the artefact as data, beside the artefact."""
    converter = load_converter(target)
    assert isinstance(converter, SourceConverter)
    converter.write_source(path)


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.suffix == PARTS else [path]


def require(
    target: Target, ponder: Ponder | Literal["auto"], precision: str, dynamic: tuple[str, ...] = ()
) -> None:
    """Refuse early, before a model is loaded, what the target cannot do or what it lacks here.

    Raises:
        UserError: it has no such kind of ponder loop or precision, no named axes, or something that
            it needs is not installed.
    """
    if ponder not in (*target.ponders, "auto"):
        others = [each.name for each in TARGETS.values() if ponder in each.ponders]
        raise UserError(
            f"--ponder {ponder}: target {target.name} has only its own "
            f"{', '.join(target.ponders)}: leave --ponder out, or use --target {','.join(others)}"
        )
    if precision not in target.readers:
        others = [each.name for each in TARGETS.values() if precision in each.readers]
        raise UserError(
            f"--precision {precision}: target {target.name} has only {', '.join(target.readers)}: "
            f"use one of them, or --target {','.join(others)}"
        )
    if dynamic and not target.named_axes:
        others = [each.name for each in TARGETS.values() if each.named_axes]
        raise UserError(
            f"--dynamic {','.join(dynamic)}: target {target.name} has inputs of one size: leave "
            f"--dynamic out and fill smaller ones up with zeros, or use --target {','.join(others)}"
        )
    missing = [module for module in target.modules if find_spec(module) is None]
    if missing:
        raise UserError(
            f"target {target.name} needs {', '.join(missing)}: "
            f"pip install 'act-mobile[{target.name}]'"
        )
    if isinstance(target.device, BuiltInRuntime):
        target.device.engine.library()
