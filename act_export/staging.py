"""All or none: files are written aside, in the same folder, and renamed once all are good."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from act_mobile.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk, a quota or a file that can take no more."""


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A folder to write into, whose contents move to ``folder`` when the block ends well.

    Files replace those of the same name. When the block raises, nothing is left behind, not even
    a ``folder`` that was not there before.
    """
    made = _make(folder)
    aside = Path(tempfile.mkdtemp(dir=folder, prefix=".act-export-"))
    done = False
    try:
        yield aside
        for path in sorted(p for p in aside.rglob("*") if not p.is_dir() or p.suffix):
            if any(parent.suffix for parent in path.relative_to(aside).parents):
                continue  # inside a package, which moves as one
            _replace(path, folder / path.relative_to(aside))
        done = True
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UserError(f"{folder}: {error.strerror}: make room, or give another -o") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if not done:
            for path in reversed(made):
                path.rmdir()


def _make(folder: Path) -> list[Path]:
    """Create ``folder`` and return those of its parents and itself that were not there."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file, not a folder: give another -o")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}): give another -o") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: not writable: give another -o")
    return list(reversed(missing))


def _replace(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        old = source.with_name(f"{source.name}.old")
        target.rename(old)
    source.replace(target)
