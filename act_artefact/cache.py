"""The cache of what is compiled or fetched: made once, kept, and used only while it is whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from act_artefact.files import digest
from act_artefact.locking import locked


def cache() -> Path:
    """The folder of what is kept: act-mobile in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "act-mobile"


def kept(path: Path, make: Callable[[Path], object]) -> Path:
    """Return ``path``, a file or folder in the cache, made unless it is there as it was made.

    One that was cut short or changed since is made again. Processes that need the same at the same
    time wait for each other.

    Args:
        make: writes the file or folder to the path that it is given.
    """
    if not _is_whole(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_name(f".{path.name}.lock")):
            if not _is_whole(path):
                _make(path, make)
    return path


def _make(path: Path, make: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
        made, record = Path(folder) / path.name, Path(folder) / "record"
        make(made)
        record.write_text(digest(made))
        if path.is_dir():
            shutil.rmtree(path)
        made.replace(path)
        record.replace(_record(path))


def _record(path: Path) -> Path:
    """The sha256 of what was made, beside it."""
    return path.with_name(f"{path.name}.sha256")


def _is_whole(path: Path) -> bool:
    record = _record(path)
    return path.exists() and record.is_file() and record.read_text() == digest(path)
