"""Other runtimes for the page: npm packages that the user gives."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from act_artefact.errors import UserError
from act_artefact.schema import Text, read_json
from act_artefact.targets import TARGETS

LIMIT = 1 << 20
"""Bytes of a ``package.json``."""


class _Package(Struct):
    version: Text


def package_files(folder: Path | None) -> dict[str, Path]:
    """Find the files of the packages in a folder of npm's, by their paths in it."""
    if folder is None:
        return {}
    runtimes = [each.web for each in TARGETS.values() if each.web is not None]
    names = [name for each in runtimes for name in (each.package, *each.needs)]
    found = (path for name in names for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def runtime_name(target: str, folder: Path | None) -> str:
    """Name the runtime of a target and its version, in a folder of npm's packages.

    Raises:
        UserError: there is none, or it is not there.
    """
    runtime = TARGETS[target].web
    if runtime is None:
        raise UserError(f"--device browser: no runtime in browsers takes {target} artefacts")
    file = (folder or Path()) / runtime.package / "package.json"
    if folder is None or not file.is_file():
        raise UserError(
            f"--device browser: {target} artefacts need {runtime.package}: npm install "
            f"{runtime.package}@{runtime.version}, and give its folder: --runtime node_modules"
        )
    return f"{runtime.title} {read_json(file, LIMIT, _Package).version}"
