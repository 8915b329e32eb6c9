"""The targets a program can be lowered to: one file each, registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from act_artefact.driver import PartFacts
from act_artefact.errors import CheckFailed, UserError
from act_artefact.form import Form, Ponder

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
    readers: dict[str, str]
    """By precision: the oldest runtimes that read the artefacts, as tests/old_readers shows."""
    measured: bool = True
    """Whether that is the device's runtime itself, so that its times mean something."""
    signatures: bool = False
    """Whether one file holds all parts of the host form; else they are files in a folder."""
    ponders: tuple[Ponder, ...] = get_args(Ponder)
    """How it can ponder."""
    traced: bool = True
    """Whether it lowers the traced program; else it reads the model itself."""
    embeds: bool = False
    """Whether the artefact can be had as C source too."""
    prepare: Callable[[], None] = lambda: None
    """Make what is made on this machine at first use."""

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

    def write_source(self, path: Path) -> None:
        """Write NAME.c and NAME.h, the artefact as data, beside the artefact."""
        self._module.write_source(path)

    def require(self, ponder: Ponder | Literal["auto"], precision: str) -> None:
        """Refuse early, before anything is loaded, what the target has not or what it needs.

        Raises:
            UserError: it cannot ponder so, has no such numbers, or something is not installed.
        """
        if ponder not in (*self.ponders, "auto"):
            others = [each.name for each in TARGETS.values() if ponder in each.ponders]
            raise UserError(
                f"--ponder {ponder}: target {self.name} has only its own "
                f"{', '.join(self.ponders)}: leave --ponder out, or use --target {','.join(others)}"
            )
        if precision not in self.readers:
            others = [each.name for each in TARGETS.values() if precision in each.readers]
            raise UserError(
                f"--precision {precision}: target {self.name} has only {', '.join(self.readers)}: "
                f"use one of them, or --target {','.join(others)}"
            )
        missing = [module for module in self.modules if find_spec(module) is None]
        if missing:
            raise UserError(
                f"target {self.name} needs {', '.join(missing)}: "
                f"pip install 'act-mobile[{self.name}]'"
            )
        self.prepare()

    @property
    def _module(self) -> Any:
        return import_module(f"{__name__}.{self.name}")


def _compile_engine() -> None:
    from act_engine import build

    build.library()


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
        Target(
            "native",
            ".actn",
            (),
            (),
            "act-engine",
            dict.fromkeys(("fp32", "fp16", "int8", "int4"), "act-engine 0.1"),
            ponders=("loop",),
            traced=False,
            embeds=True,
            prepare=_compile_engine,
        ),
    )
}
