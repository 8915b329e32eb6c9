"""All or none: files are written aside, in the same folder, and renamed once all are good.

An output replaces only its own kind: a file a regular file, an artefact's folder a folder. A link,
device or anything else in the way is refused and stays.

While a process writes aside it holds a lock in its ``.act-export-*`` folder. If it is killed, the
lock ends with it, and the next to write into the same folder removes what it left.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from act_artefact.errors import UserError
from act_artefact.files import kind
from act_artefact.locking import locked, taken

LOCK = ".act-export.lock"
"""In a folder while one is made aside in it, or files move into it."""
PREFIX = ".act-export-"
"""Begins the names of the folders aside."""
ALIVE = "alive"
"""In a folder aside: the lock that its process holds."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk, a quota or a file that can take no more."""
NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)
"""The two answers that POSIX has for a folder with something in it."""


@contextmanager
def staging(
    folders: Iterable[Path],
    check: Callable[[], None] = lambda: None,
    stale: Callable[[], Iterable[Path]] = tuple,
) -> Iterator[dict[Path, Path]]:
    """Yield, for each of ``folders``, one to write into; contents move when the block ends well.

    When anything raises, nothing is left behind, not even a folder that was not there before.

    Args:
        check: called before anything moves, while no other process moves anything into the
            folders; raises what refuses it.
        stale: called after that, at the same moment; names files that were left by the outputs'
            predecessors and are removed.

    Raises:
        UserError: a folder cannot be made or written to, or is full; or see :func:`check_output`.
    """
    folders = list(dict.fromkeys(folders))
    try:
        with ExitStack() as stack:
            aside = {folder: stack.enter_context(_aside(folder)) for folder in folders}
            yield aside
            _move(aside, check, stale)
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = ", ".join(map(str, folders))
        raise UserError(f"{where}: {error.strerror}: make room, or give another -o") from error


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a path to write to, which is moved to ``path`` if the block ends well.

    Raises:
        UserError: see :func:`staging`.
    """
    check_output(path)
    with staging([path.parent]) as aside:
        yield aside[path.parent] / path.name


def check_output(path: Path, *, folder: bool = False) -> None:
    """Refuse a path that an output cannot be moved to; :func:`staging` checks the same at the end.

    Args:
        folder: whether the output is a folder.

    Raises:
        UserError: something other than a regular file (or a folder) is in the way, or the folder
            around it cannot be made or written to.
    """
    _check_folder(path.parent)
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
        expected = "a folder" if folder else "a regular file"
        raise UserError(
            f"{path}: is {kind(mode)}, not {expected}: move it away, or give another -o"
        )


def _check_folder(folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        if there == folder:
            raise UserError(f"{folder}: is a file, not a folder: give another -o")
        raise UserError(f"{folder}: cannot be made ({there} is a file): give another -o")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{there}: not writable: give another -o")


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Make ``folder`` and one in it to write into, and remove both if they stay empty."""
    made = _make(folder)
    try:
        with ExitStack() as stack:
            # Under the folder's lock, so that nobody sweeps a folder that is not yet locked.
            with locked(folder / LOCK):
                _sweep(folder)
                aside = Path(
                    stack.enter_context(
                        tempfile.TemporaryDirectory(
                            dir=folder, prefix=PREFIX, ignore_cleanup_errors=True
                        )
                    )
                )
                stack.enter_context(taken(aside / ALIVE))
            contents = aside / "contents"
            contents.mkdir()
            yield contents
    finally:
        _remove_empty(made)


def _make(folder: Path) -> list[Path]:
    """Create ``folder`` and return itself and those of its parents that were not there."""
    _check_folder(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}): give another -o") from None
    return missing


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, inner ones first, up to one in which this or another process has written."""
    for folder in folders:
        try:
            folder.rmdir()
        except FileNotFoundError:  # another process found it missing too, made it and removed it
            continue
        except OSError as error:
            if error.errno not in NOT_EMPTY:
                raise
            return


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder that is locked."""
    for left in folder.glob(f"{PREFIX}*"):
        try:
            found = left.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            with taken(left / ALIVE) as is_left:
                if is_left:
                    shutil.rmtree(left)
        except FileNotFoundError:  # its process has just ended and removed it
            continue


def _move(
    aside: dict[Path, Path], check: Callable[[], None], stale: Callable[[], Iterable[Path]]
) -> None:
    with ExitStack() as stack:
        # In one order, so that two processes never wait for each other.
        for folder in sorted({folder.resolve() for folder in aside}):
            stack.enter_context(locked(folder / LOCK))
        check()
        moves = [
            (source, folder / source.name)
            for folder, contents in aside.items()
            for source in sorted(contents.iterdir())
        ]
        for source, target in moves:
            check_output(target, folder=source.is_dir())
        for left in [*stale()]:
            left.unlink(missing_ok=True)
        for source, target in moves:
            _replace(source, target)


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        target.rename(source.with_name(f"{source.name}.old"))
    source.replace(target)
