"""The targets a program can be lowered to: one file each, registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from act_mobile.errors import UserError

if TYPE_CHECKING:
    from act_export.program import Program


@dataclass(frozen=True)
class Target:
    """A file format and how a program becomes one.

    The functions are loaded when first called: each brings its own converter, which takes seconds.
    """

    name: str
    suffix: str
    """Of the artefact's file or folder, with the dot."""
    packages: tuple[str, ...]
    """What converting and checking need, by the names they install under; versions go on record."""
    modules: tuple[str, ...]
    """The same by the names they import under."""
    runtime: str
    """What stands for the device's runtime in the check, as a report says it."""

    def convert(
        self, program: Program, path: Path, metadata: dict[str, str], precision: str
    ) -> None:
        """Write the artefact to ``path``; ``metadata`` goes into the artefact itself."""
        run: Callable[..., None] = self._module.convert
        run(program, path, metadata, precision)

    def operations(self, path: Path) -> int:
        """How many operations the artefact holds, those of its subgraphs included."""
        count: Callable[[Path], int] = self._module.operations
        return count(path)

    def metadata(self, path: Path) -> dict[str, str]:
        """What ``convert`` put into the artefact."""
        read: Callable[[Path], dict[str, str]] = self._module.metadata
        return read(path)

    def require(self) -> None:
        """Refuse early, before anything is traced, if what the target needs is not installed."""
        missing = [module for module in self.modules if find_spec(module) is None]
        if missing:
            raise UserError(
                f"target {self.name} needs {', '.join(missing)}: "
                f"pip install 'act-mobile[{self.name}]'"
            )

    @property
    def _module(self) -> Any:
        return import_module(f"{__name__}.{self.name}")


TARGETS = {
    target.name: target
    for target in (
        Target(
            "onnx",
            ".onnx",
            ("onnx", "onnxscript", "onnxruntime"),
            ("onnx", "onnxscript", "onnxruntime"),
            "ONNX Runtime",
        ),
        Target(
            "tflite",
            ".tflite",
            ("litert-torch", "litert-converter", "ai-edge-litert"),
            ("litert_torch", "litert_converter", "ai_edge_litert"),
            "LiteRT",
        ),
        Target(
            "coreml",
            ".mlpackage",
            ("coremltools",),
            ("coremltools",),
            "evaluated, not run by Apple's runtime",
        ),
    )
}
