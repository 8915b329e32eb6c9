"""Other runtimes for the page: npm packages that the user gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from act_artefact.errors import UserError
from act_artefact.schema import Text, read_json

LIMIT = 1 << 20
"""Bytes of a ``package.json``."""


@dataclass(frozen=True)
class WebRuntime:
    """A runtime of a target's artefacts."""

    title: str
    package: str
    """On npm."""
    version: str
    """With which the page is tested."""
    needs: tuple[str, ...] = ()
    """Packages that it fetches, too."""


RUNTIMES = {
    "onnx": WebRuntime("ONNX Runtime Web", "onnxruntime-web", "1.30.0"),
    "tflite": WebRuntime("LiteRT.js", "@litertjs/core", "2.5.3", ("@litertjs/wasm-utils",)),
}
"""By target; each is loaded by the page's module of the target's name."""


class _Package(Struct):
    version: Text


def package_files(folder: Path | None) -> dict[str, Path]:
    """Find the files of the packages in a folder of npm's, by their paths in it."""
    if folder is None:
        return {}
    names = [name for each in RUNTIMES.values() for name in (each.package, *each.needs)]
    found = (path for name in names for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def runtime_name(target: str, folder: Path | None) -> str:
    """Name the runtime of a target and its version, in a folder of npm's packages.

    Raises:
        UserError: it is not there.
    """
    runtime = RUNTIMES[target]
    file = (folder or Path()) / runtime.package / "package.json"
    if folder is None or not file.is_file():
        raise UserError(
            f"--device browser: {target} artefacts need {runtime.package}: npm install "
            f"{runtime.package}@{runtime.version}, and give its folder: --runtime node_modules"
        )
    return f"{runtime.title} {read_json(file, LIMIT, _Package).version}"
