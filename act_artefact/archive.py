"""Zip archives from outside: what they claim is bounded before a byte of their contents is read.

Python's reader holds the whole directory in memory, decompresses without end and fails in many
ways. Here a directory has few entries, whose sizes in all are limited, and every failure is one.
"""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from act_artefact.files import BLOCK

DIRECTORY = 4 << 20
"""Bytes of an archive's directory, which has at least 46 an entry, that are read."""

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_FAILURES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
"""The errors of Python's reader on a damaged archive, depending on where the damage is."""


class BadArchive(Exception):
    """An archive that is damaged or claims too much; its text is the reason."""


class Archive:
    """The entries of a zip archive, none of them encrypted or of the same name."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        limit: int,
        entries: int,
        compression: Collection[int] = PLAIN,
    ) -> None:
        """Read the directory.

        Args:
            limit: bytes that all entries together may claim to have.
            entries: how many there may be.
            compression: the methods of compression that are read.

        Raises:
            BadArchive: it is not an archive, or claims anything else.
        """
        directory = _Directory(file)
        with _failures():
            self._zip = zipfile.ZipFile(directory)
        directory.left = None
        listed = self._zip.infolist()
        if len(listed) > entries:
            raise BadArchive(f"has {len(listed)} entries, more than the {entries} that are read")
        for entry in listed:
            _check(entry, compression)
        if (size := sum(entry.file_size for entry in listed)) > limit:
            raise BadArchive(f"holds {size} bytes, more than the {limit} that are read")
        if sum(entry.compress_size for entry in listed) > file.seek(0, io.SEEK_END):
            raise BadArchive("its entries overlap, or it is cut short")
        self._entries = {entry.filename: entry for entry in listed}
        if len(self._entries) < len(listed):
            raise BadArchive("has two entries of one name")

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each entry, by its name."""
        return {name: entry.file_size for name, entry in self._entries.items()}

    def read(self, name: str, most: int | None = None) -> npt.NDArray[np.uint8]:
        """Read an entry, or the first bytes of it.

        Raises:
            BadArchive: it is damaged.
        """
        entry = self._entries[name]
        # Left uninitialised: memory that an entry claims but never fills is not taken.
        contents = np.empty(min(entry.file_size, most or entry.file_size), np.uint8)
        at = 0
        with _failures(), self._zip.open(entry) as stream:
            while block := stream.read(min(BLOCK, len(contents) - at)):
                contents[at : at + len(block)] = np.frombuffer(block, np.uint8)
                at += len(block)
        if at < len(contents):
            raise BadArchive(f"entry {name!r} ends early")
        return contents


class _Directory:
    """An archive's file, of which little may be read as long as its directory is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left: int | None = DIRECTORY
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if self.left is None:
            return self._file.read(size)
        contents = self._file.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(contents)
        if self.left < 0:
            raise BadArchive(f"its directory is larger than the {DIRECTORY} bytes that are read")
        return contents


def _check(entry: zipfile.ZipInfo, compression: Collection[int]) -> None:
    name = entry.orig_filename
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise BadArchive(f"entry {name!r} has control characters in its name")
    if entry.flag_bits & 1:
        raise BadArchive(f"entry {name!r} is encrypted")
    if entry.compress_type not in compression:
        raise BadArchive(f"entry {name!r} is compressed in a way that is not read")
    if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
        raise BadArchive(f"entry {name!r} has two sizes")


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise BadArchive(str(error) or type(error).__name__) from None
