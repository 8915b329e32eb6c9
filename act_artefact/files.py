"""Files from outside: opened only where they are regular files, and read only up to a size.

A name in a folder of a stranger's may be a link to a file of the user's, a FIFO that never answers
or a device that never ends. An artefact is a regular file, or a folder of regular files.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from act_artefact.errors import UserError

BLOCK = 1 << 20
"""Bytes that are hashed or copied at once."""


@contextmanager
def opened(path: Path, *, follow: bool = True) -> Iterator[BinaryIO]:
    """Open a regular file to read it.

    Args:
        follow: whether it may be a symbolic link: for paths that the user wrote, not for names
            that were found.

    Raises:
        UserError: it is missing, not readable, or no regular file.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    if not follow and path.is_symlink():
        raise UserError(f"{path}: is a symbolic link, which is not followed: copy the file itself")
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # a NUL in its name
        raise UserError(f"{str(path)!r}: not a file's name ({error})") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UserError(f"{path}: is {kind(mode)}, not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """Read a regular file of at most ``limit`` bytes.

    Raises:
        UserError: it is missing, no regular file, or larger.
    """
    with opened(path, follow=follow) as file:
        contents = file.read(limit + 1)
    if len(contents) > limit:
        raise UserError(f"{path}: is larger than the {limit:,} bytes that are read")
    return contents


def artefact_files(path: Path) -> list[tuple[str, Path]]:
    """The files of an artefact, by their names in it (``""`` for a single file), in order.

    Raises:
        UserError: something in it is neither a regular file nor a folder of such.
    """
    mode = path.lstat().st_mode
    if not stat.S_ISDIR(mode):
        _require_regular(path, mode)
        return [("", path)]
    found = []
    for entry in sorted(path.rglob("*")):  # which does not go into linked folders
        mode = entry.lstat().st_mode
        if not stat.S_ISDIR(mode):
            _require_regular(entry, mode)
            found.append((entry.relative_to(path).as_posix(), entry))
    return found


def artefact_size(path: Path) -> int:
    """Bytes of all files of an artefact.

    Raises:
        UserError: something in it is neither a regular file nor a folder of such.
    """
    return sum(file.stat().st_size for _, file in artefact_files(path))


def size_text(size: int) -> str:
    """Write a number of bytes as people read it."""
    return f"{size / 1e6:.2f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise UserError(f"{path}: is {kind(mode)}: an artefact holds regular files only")


def digest(artefact: Path) -> str:
    """sha256 of a file; of a folder, over its files' names and contents in order of name.

    Raises:
        UserError: something in it is not a regular file.
    """
    return _digest(artefact, None)


def copy(artefact: Path, to: Path) -> str:
    """Copy an artefact and return the digest of what was copied.

    Raises:
        UserError: something in it is not a regular file.
    """
    return _digest(artefact, to)


def _digest(artefact: Path, to: Path | None) -> str:
    total = hashlib.sha256()
    for name, file in artefact_files(artefact):
        target = None if to is None else to / name if name else to
        if not name:
            return _file_digest(file, target).hexdigest()
        total.update(name.encode() + b"\0")
        total.update(_file_digest(file, target).digest())
    return total.hexdigest()


def _file_digest(path: Path, to: Path | None) -> hashlib._Hash:
    found = hashlib.sha256()
    with ExitStack() as stack:
        file = stack.enter_context(opened(path, follow=False))
        copied = None
        if to is not None:
            to.parent.mkdir(parents=True, exist_ok=True)
            copied = stack.enter_context(to.open("wb"))
        while block := file.read(BLOCK):
            found.update(block)
            if copied is not None:
                copied.write(block)
    return found


def kind(mode: int) -> str:
    """Name the kind of a folder's entry, in words."""
    names = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a folder",
        stat.S_IFREG: "a regular file",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "something else")
