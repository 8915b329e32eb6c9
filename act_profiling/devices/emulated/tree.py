"""Where a device's files lie on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

MAX_LINKS = 40
"""As many as Linux follows."""


class Tree:
    """A device's file system: folders of this machine, mounted at the device's paths.

    Args:
        mounts: device path -> folder or file here; ``/`` must be among them.
    """

    def __init__(self, mounts: Mapping[str, Path]) -> None:
        self._mounts = {PurePosixPath(at): Path(here) for at, here in mounts.items()}

    def resolve(self, path: str, follow: bool = True) -> Path:
        """The file here that ``path`` names there; symbolic links and ``..`` stay in the tree.

        Args:
            follow: whether the last part is followed too where it is a link.

        Raises:
            OSError: links go in circles.
        """
        at = PurePosixPath("/")
        parts = list(reversed(PurePosixPath("/", path).parts[1:]))
        links = 0
        while parts:
            part = parts.pop()
            if part == "..":
                at = at.parent
                continue
            at /= part
            here = self._here(at)
            if here.is_symlink() and (parts or follow):
                links += 1
                if links > MAX_LINKS:
                    raise OSError(40, "too many links", path)
                target = PurePosixPath(here.readlink().as_posix())
                at = PurePosixPath("/") if target.is_absolute() else at.parent
                parts.extend(reversed([p for p in target.parts if p != "/"]))
        return self._here(at)

    def _here(self, at: PurePosixPath) -> Path:
        for mount in (at, *at.parents):
            if mount in self._mounts:
                return self._mounts[mount] / at.relative_to(mount)
        raise AssertionError("/ is mounted")
