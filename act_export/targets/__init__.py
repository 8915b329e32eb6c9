"""The targets a program can be lowered to: one file each, registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from act_export.driver import PartFacts
from act_mobile.errors import CheckFailed, UserError

if TYPE_CHECKING:
    from act_export.form import Form
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
    readers: dict[str, str]
    """By precision: the oldest runtimes that read the artefacts, as tests/old_readers shows."""
    measured: bool = True
    """Whether that is the device's runtime itself, so that its times mean something."""
    signatures: bool = False
    """Whether one file holds all parts of the host form; else they are files in a folder."""

    def artefact(self, name: str, form: Form) -> str:
        """The name of the file or folder that an export NAME is."""
        folder = form.ponder == "host" and not self.signatures
        return f"{name}.parts" if folder else f"{name}{self.suffix}"

    def convert(
        self, program: Program, path: Path, metadata: dict[str, str], precision: str
    ) -> list[PartFacts]:
        """Write the artefact to ``path``; ``metadata`` goes into the artefact itself.

        Returns:
            In host form, the artefact's parts.

        Raises:
            UserError: the target cannot express the program.
        """
        try:
            if program.form.ponder != "host":
                self._module.convert(program, path, metadata, precision)
                return []
            from act_export.host import split

            parts = split(program)
            if self.signatures:
                self._module.convert_parts(parts, path, metadata, precision)
            else:
                path.mkdir()
                for part in parts:
                    file = path / f"{part.facts.name}{self.suffix}"
                    self._module.convert(part.program, file, metadata, precision)
            return [part.facts for part in parts]
        except (UserError, CheckFailed, OSError):
            raise
        except Exception as error:  # whatever a converter makes of a user's own module
            lines = str(error).strip().splitlines() or [""]
            raise UserError(
                f"{self.name}: its converter refuses the model "
                f"({type(error).__name__}: {lines[0][:200]}): --debug shows all it says"
            ) from error

    def operations(self, path: Path) -> int:
        """How many operations the artefact holds, those of its subgraphs included."""
        return sum(self._module.operations(file) for file in self._files(path))

    def metadata(self, path: Path) -> dict[str, str]:
        """What ``convert`` put into the artefact."""
        read: Callable[[Path], dict[str, str]] = self._module.metadata
        return read(self._files(path)[0])

    def _files(self, path: Path) -> list[Path]:
        return sorted(path.iterdir()) if path.suffix == ".parts" else [path]

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
            {
                "fp32": "ONNX Runtime 1.14 (opset 18)",
                "fp16": "ONNX Runtime 1.14 (opset 18)",
                "int8": "ONNX Runtime 1.22 (8-bit MatMulNBits)",
            },
        ),
        Target(
            "tflite",
            ".tflite",
            ("litert-torch", "litert-converter", "ai-edge-litert", "ai-edge-quantizer"),
            ("litert_torch", "litert_converter", "ai_edge_litert", "ai_edge_quantizer"),
            "LiteRT",
            {
                "fp32": "tflite-runtime 2.14",
                "fp16": "tflite-runtime 2.14",
                "int8": "TensorFlow 2.21 (FULLY_CONNECTED 12)",
            },
            signatures=True,
        ),
        Target(
            "coreml",
            ".mlpackage",
            ("coremltools",),
            ("coremltools",),
            "evaluated, not run by Apple's runtime",
            dict.fromkeys(("fp32", "fp16", "int8"), "iOS 16, macOS 13"),
            measured=False,
        ),
    )
}
