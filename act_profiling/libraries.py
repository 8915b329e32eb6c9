"""The runtimes' libraries: those installed here, a user's own, and the pinned ones for arm64."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from act_artefact.cache import cache, kept
from act_artefact.errors import UserError
from act_artefact.targets import TARGETS, AppRuntime, LibraryRuntime
from act_artefact.wheels import fetch_wheel

WHEELS_PYTHON = "3.11"
"""Whose wheels are pinned: the libraries in them are the same for every Python."""


@dataclass(frozen=True)
class Library:
    """A runtime's library."""

    path: Path
    version: str
    """Version of the package it is from; empty for a user's own."""

    @property
    def version_option(self) -> tuple[str, ...]:
        """The runner's option for a library that does not tell its version."""
        return ("--runtime-version", self.version) if self.version else ()


def _runtime(target: str) -> LibraryRuntime:
    device = TARGETS[target].device
    if isinstance(device, AppRuntime):
        raise UserError(
            f"{target} artefacts run in an app on {device.place} alone: "
            f"use --device {device.device}"
        )
    assert isinstance(device, LibraryRuntime), f"{target} has no library"
    return device


def own_library(folder: Path, target: str) -> Library:
    """The library for a target in a user's folder.

    Raises:
        UserError: none, or several.
    """
    names = _runtime(target).names
    found = sorted({path for name in names for path in folder.glob(name) if path.is_file()})
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "none"
        raise UserError(
            f"--runtime {folder}: one file like {' or '.join(names)} is needed: {there}"
        )
    return Library(found[0], "")


def installed_library(target: str) -> Library:
    """The library for a target in this Python's packages.

    Raises:
        UserError: the package is not installed, or holds no such library.
    """
    runtime = _runtime(target)
    spec = importlib.util.find_spec(runtime.module)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            f"a {target} artefact needs {runtime.package}: pip install 'act-mobile[{target}]'"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    version = importlib.metadata.version(runtime.package)
    found = sorted(path for path in folder.glob(runtime.pattern) if path.is_file())
    if not found:
        raise UserError(
            f"{runtime.package} {version} holds no {Path(runtime.pattern).name}: install "
            f"{runtime.version}, or give a folder with the runtime's library with --runtime"
        )
    return Library(found[0], version)


def arm64_library(target: str) -> Library:
    """The pinned library for a target on arm64 Linux, fetched with pip if it is not in the cache.

    Raises:
        UserError: it cannot be fetched.
    """
    runtime = _runtime(target)
    name = f"{runtime.package}-{runtime.version}-arm64-{runtime.sha256[:12]}"
    folder = kept(cache() / name, partial(_unpack_library, runtime))
    return Library(next(folder.iterdir()), runtime.version)


def _unpack_library(runtime: LibraryRuntime, to: Path) -> None:
    to.mkdir()
    prefix = f"{runtime.module}/{runtime.pattern.removesuffix('*')}"
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(_fetch(runtime, Path(folder))) as wheel,
    ):
        for name in wheel.namelist():
            if name.startswith(prefix):
                (to / Path(name).name).write_bytes(wheel.read(name))


def _fetch(runtime: LibraryRuntime, folder: Path) -> Path:
    """Download the pinned wheel for arm64."""
    return fetch_wheel(
        runtime.package,
        runtime.version,
        [runtime.sha256],
        folder,
        ("--python-version", WHEELS_PYTHON, "--platform", runtime.platform),
        "give a folder with the runtime's library with --runtime",
    )
