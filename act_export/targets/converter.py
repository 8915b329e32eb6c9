"""The interface of a target's package, ``act_export/targets/NAME/``, loaded when first used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from act_artefact.targets import Target
    from act_export.host import Part
    from act_export.program import Program


@runtime_checkable
class Converter(Protocol):
    """The functions at the top of every target's package."""

    def convert(
        self, program: Program, path: Path, metadata: dict[str, str], precision: str
    ) -> None:
        """Write one program to ``path``; ``metadata`` goes into the file itself.

        Raises:
            UserError: the target cannot express the program.
            CheckFailed: what it became would be refused by the target's runtime.
        """
        ...

    def operations(self, path: Path) -> int:
        """Count the operations of a file, those of its subgraphs included."""
        ...

    def metadata(self, path: Path) -> dict[str, str]:
        """Read back from a file what ``convert`` put into it."""
        ...


@runtime_checkable
class SignatureConverter(Converter, Protocol):
    """The converter of a target with ``signatures``."""

    def convert_parts(
        self, parts: Sequence[Part], path: Path, metadata: dict[str, str], precision: str
    ) -> None:
        """Write the parts of a host form to one file, which holds their weights once."""
        ...


@runtime_checkable
class SourceConverter(Converter, Protocol):
    """The converter of a target that ``embeds``."""

    def write_source(self, path: Path) -> None:
        """Write NAME.c and NAME.h, the artefact as data, beside the artefact."""
        ...


def load_converter(target: Target) -> Converter:
    """Import the target's package, which brings its converter and takes seconds."""
    module = import_module(f"{__package__}.{target.name}")
    if not isinstance(module, Converter):
        raise TypeError(f"{module.__name__}: needs convert, operations and metadata")
    return module
