"""Kinds of path other than a regular file."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest


def _device(path: Path) -> None:
    """Make another /dev/zero, which never ends."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make a device node")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


ODD: dict[str, Callable[[Path], object]] = {
    "a device": _device,
    "a FIFO": os.mkfifo,
    "a socket": _socket,
    "a folder": Path.mkdir,
}
"""Makes each, by what an error calls it."""

IN_THE_WAY: dict[str, Callable[[Path], object]] = {
    **ODD,
    "a symbolic link": lambda path: path.symlink_to("elsewhere"),
}
"""The same and a link, none of which an output may replace."""
