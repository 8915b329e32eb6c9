"""adb's sync service, by which files are pushed and pulled.

Source: adb's ``SYNC.TXT``. A request is four letters, a length, and that many bytes of path;
``SEND`` and ``RECV`` move ``DATA`` pieces that end with ``DONE``. Version 2 of stat and list
(``STA2``, ``LST2``, ``LIS2``) has 64-bit sizes and says why a file cannot be looked at.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

from act_profiling.devices.emulated.protocol import Stream
from act_profiling.devices.emulated.tree import Tree

PIECE = 1 << 16
WRITABLE = ("/data/local/tmp", "/sdcard")
"""Where adb's user may write."""

STAT_1 = struct.Struct("<III")
STAT_2 = struct.Struct("<IQQIIIIQqqq")

Transform = Callable[[str, bytes], bytes]
"""Transforms a pushed piece on its way to the disk: (device path, piece) -> piece."""


class SyncService:
    """One host's pushes and pulls.

    Args:
        write: every pushed piece passes through it; an OSError is what the disk says.
    """

    def __init__(self, stream: Stream, tree: Tree, write: Transform) -> None:
        self._stream, self._tree, self._write = stream, tree, write

    async def run(self) -> None:
        """Answer requests until the host says QUIT."""
        while True:
            request, length = await self._head()
            if request == b"QUIT":
                return
            path = (await self._stream.read_exactly(length)).decode()
            answer = {
                b"STAT": self._stat,
                b"STA2": self._stat,
                b"LST2": self._stat,
                b"LIST": self._list,
                b"LIS2": self._list,
                b"RECV": self._send_file,
                b"SEND": self._take_file,
            }.get(request)
            if answer is None:
                await self._fail(f"unknown request {request!r}")
                return
            await answer(request, path)

    async def _head(self) -> tuple[bytes, int]:
        head = await self._stream.read_exactly(8)
        return head[:4], int.from_bytes(head[4:], "little")

    async def _fail(self, reason: str) -> None:
        text = reason.encode()
        await self._stream.write(b"FAIL" + struct.pack("<I", len(text)) + text)

    async def _stat(self, request: bytes, path: str) -> None:
        follow = request == b"STA2"
        try:
            here = self._tree.resolve(path, follow)
            facts, problem = (here.stat() if follow else here.lstat()), 0
        except OSError as error:
            facts, problem = None, error.errno or errno.EIO
        if request == b"STAT":
            await self._stream.write(request + _stat_1(facts))
        else:
            await self._stream.write(request + _stat_2(facts, problem))

    async def _list(self, request: bytes, path: str) -> None:
        old = request == b"LIST"
        here = self._tree.resolve(path)
        answer = bytearray()
        for name in [".", "..", *sorted(os.listdir(here))] if here.is_dir() else []:  # noqa: PTH208
            facts = (here / name).lstat()
            body = _stat_1(facts) if old else _stat_2(facts, 0)
            text = os.fsencode(name)
            answer += (b"DENT" if old else b"DNT2") + body + struct.pack("<I", len(text)) + text
        end = STAT_1.size if old else STAT_2.size
        await self._stream.write(bytes(answer) + b"DONE" + bytes(end + 4))

    async def _send_file(self, request: bytes, path: str) -> None:
        try:
            with self._tree.resolve(path).open("rb") as file:
                while piece := file.read(PIECE):
                    await self._stream.write(b"DATA" + struct.pack("<I", len(piece)) + piece)
        except ConnectionError:
            raise
        except OSError as error:
            await self._fail(os.strerror(error.errno or errno.EIO))
        else:
            await self._stream.write(b"DONE" + bytes(4))

    async def _take_file(self, request: bytes, path_and_mode: str) -> None:
        path, _, mode = path_and_mode.rpartition(",")
        problem = self._attempt(lambda: self._target(path).touch())
        while True:
            kind, length = await self._head()
            if kind != b"DATA":
                break
            piece = await self._stream.read_exactly(length)
            # After a problem the host sends on: it reads the answer only at the end.
            problem = problem or self._attempt(partial(self._append, path, piece))
        changed = length  # with DONE it is the time of the last change
        problem = problem or self._attempt(lambda: self._finish(path, int(mode), changed))
        if problem:
            await self._fail(os.strerror(problem.errno or errno.EIO))
        else:
            await self._stream.write(b"OKAY" + bytes(4))

    @staticmethod
    def _attempt(work: Callable[[], object]) -> OSError | None:
        """Do some work and return the file system's error; None if there is none."""
        try:
            work()
        except ConnectionError:
            raise
        except OSError as error:
            return error
        return None

    def _append(self, path: str, piece: bytes) -> None:
        with self._tree.resolve(path).open("ab") as file:
            file.write(self._write(path, piece))

    def _finish(self, path: str, mode: int, changed: int) -> None:
        here = self._tree.resolve(path)
        if stat.S_ISLNK(mode):  # its contents are where it leads
            target = here.read_bytes().rstrip(b"\0").decode()
            here.unlink()
            here.symlink_to(target)
        else:
            here.chmod(_permissions(mode))
            os.utime(here, (changed, changed))

    def _target(self, path: str) -> Path:
        """Where a pushed file goes, with its folder made and an older file removed."""
        if not any(path.startswith(f"{folder}/") for folder in WRITABLE):
            raise OSError(errno.EROFS, path)
        here = self._tree.resolve(path)
        here.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            raise OSError(errno.EISDIR, path)
        here.unlink(missing_ok=True)
        return here


def _permissions(mode: int) -> int:
    """As adbd does: group and others get what the owner has."""
    owner = mode & 0o700
    return owner | owner >> 3 | owner >> 6


def _stat_1(facts: os.stat_result | None) -> bytes:
    if facts is None:
        return bytes(STAT_1.size)
    return STAT_1.pack(facts.st_mode, facts.st_size & 0xFFFFFFFF, int(facts.st_mtime))


def _stat_2(facts: os.stat_result | None, problem: int) -> bytes:
    if facts is None:
        return STAT_2.pack(problem, *[0] * 10)
    times = (int(facts.st_atime), int(facts.st_mtime), int(facts.st_ctime))
    owner = (2000, 2000)  # Android's shell user
    return STAT_2.pack(
        problem,
        facts.st_dev,
        facts.st_ino,
        facts.st_mode,
        facts.st_nlink,
        *owner,
        facts.st_size,
        *times,
    )
