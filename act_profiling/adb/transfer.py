"""Files to a device and back: by their contents, never half.

A file is pushed under its sha256 with ``.part`` after it, and gets its name on the device only
when the sha256 that the device computes is the same. What is there already is not pushed again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from shlex import quote

from act_artefact.errors import CheckFailed, UserError
from act_profiling.adb import arguments
from act_profiling.adb.client import DeviceGone, Done
from act_profiling.adb.connection import Connection

SLOWEST = 500_000
"""Bytes a second, below which a transfer counts as stuck."""
START_SECONDS = 20.0
ATTEMPTS = 3

_SUM = re.compile(r"^\\?([0-9a-f]{64})[ *]+(\S+)\s*$", re.MULTILINE)


class Store:
    """Files on a device by their sha256.

    Args:
        folder: on the device.
    """

    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection, self._folder = connection, folder
        self._verified: set[str] = set()

    def forget(self) -> None:
        """Verify again what is there: the device was away."""
        self._verified.clear()

    def path(self, digest: str) -> str:
        """Where the file with this sha256 lies."""
        return f"{self._folder}/{digest}"

    def put(self, files: Iterable[Path]) -> dict[Path, str]:
        """Push the files that are not there yet; their paths on the device.

        Raises:
            UserError: no space, or what arrives is not what was sent.
            DeviceGone: cut short; what arrived whole stays, so that it can be called again.
        """
        digests = {file: sha256(file) for file in files}
        missing = {d: file for file, d in digests.items() if d not in self._verified}
        for attempt in range(ATTEMPTS + 1):
            for digest in self._adopt(list(missing)) if missing else ():
                self._verified.add(digest)
                del missing[digest]
            if missing and attempt < ATTEMPTS:
                for digest, file in missing.items():
                    self._push(file, f"{self.path(digest)}.part")
        if missing:
            names = ", ".join(sorted(file.name for file in missing.values()))
            raise UserError(
                f"{self._connection}: {names}: what arrives on the device is not what was sent "
                f"({ATTEMPTS} attempts): try another cable or port"
            )
        return {file: self.path(digest) for file, digest in digests.items()}

    def _adopt(self, digests: list[str]) -> list[str]:
        """Which of these are there, after those that arrived whole got their names."""
        where = quote(self._folder)
        names = " ".join(f"{digest} {digest}.part" for digest in digests)
        # Files that are not there are said on stderr and make the exit code 1.
        hashing = f"mkdir -p {where} && cd {where} && sha256sum {names}"
        said = self._connection.run(hashing, _seconds(1 << 27)).stdout
        sums = {name: digest for digest, name in _SUM.findall(said)}
        arrived = [d for d in digests if sums.get(d) != d and sums.get(f"{d}.part") == d]
        if arrived:
            parts = " ".join(f"{digest}.part" for digest in arrived)
            renames = (f"mv -f {digest}.part {digest}" for digest in arrived)
            command = [f"cd {where}", f"chmod 755 {parts}", *renames]
            self._connection.output(" && ".join(command))
        return [digest for digest in digests if digest in (sums.get(digest), *arrived)]

    def _push(self, file: Path, to: str) -> None:
        size = file.stat().st_size
        done = self._connection.adb.call(
            arguments.push(self._connection.serial, file, to), _seconds(size)
        )
        if done.code:
            _transfer_failed(self._connection, done, f"{file.name} ({size:,} bytes)")


def pull(connection: Connection, path: str, to: Path) -> bool:
    """Pull one file, or the one that it links to; False where the device has no such file.

    Raises:
        DeviceGone: cut short; ``to`` is as it was.
        CheckFailed: what arrived is not what is there.
    """
    for _ in range(ATTEMPTS):
        real = f'"$(readlink -f {quote(path)})"'
        said = connection.run(f"test -e {quote(path)} || exit 3; sha256sum {real}")
        if said.code == 3:
            return False
        sums = _SUM.findall(said.stdout)
        part = to.with_name(f"{to.name}.part")
        # Not every adb follows a link.
        there = sums[0][1] if sums else path
        done = connection.adb.call(
            arguments.pull(connection.serial, there, part), _seconds(1 << 28)
        )
        if done.code:
            part.unlink(missing_ok=True)
            _transfer_failed(connection, done, path)
        if sums and sums[0][0] == sha256(part):
            part.replace(to)
            return True
        part.unlink()
    raise CheckFailed(f"{connection}: {path} does not arrive as it is on the device")


def sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def links(folder: str, files: Mapping[str, str]) -> str:
    """The command that makes a folder in which each name is a link to one of the device's files.

    Args:
        files: name, which may have folders in it -> path on the device.
    """
    lines = [f"rm -rf {quote(folder)} && mkdir -p {quote(folder)} && cd {quote(folder)}"]
    for parent in sorted({str(Path(name).parent) for name in files} - {"."}):
        lines.append(f"mkdir -p {quote(parent)}")
    lines.extend(f"ln -s {quote(path)} {quote(name)}" for name, path in sorted(files.items()))
    return " && ".join(lines)


def _transfer_failed(connection: Connection, done: Done, what: str) -> None:
    """
    Raises:
        UserError: the device refuses, and what helps.
        DeviceGone: the connection was lost.
    """
    text = f"{done.stdout}\n{done.stderr}"
    if "No space left" in text or "ENOSPC" in text:
        raise UserError(
            f"{connection}: no space left for {what}: free some on the device's /data partition"
        )
    for refusal in ("Permission denied", "Read-only file system", "Is a directory"):
        if refusal in text:
            raise UserError(f"{connection}: {what}: {refusal.lower()}: check /data/local/tmp")
    raise DeviceGone(f"{connection}: {what}: {done.reason}")


def _seconds(size: int) -> float:
    """Compute the time limit, in seconds, for moving or reading so many bytes."""
    return START_SECONDS + size / SLOWEST
