"""Programs of the Swift root, run in it: in namespaces of their own, of which nothing stays."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from act_profiling.devices.emulated.namespace import UNSHARE
from tests.swift.root import swift_root

CHECKOUT = Path(__file__).parents[2]

# The root and the checkout cannot be written to.
ENTER = r"""
set -e
mount --bind "$ROOT" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount --bind "$CHECKOUT" "$ROOT/src"
mount --bind "$SCRATCH" "$ROOT/scratch"
mount -o remount,bind,ro "$ROOT/src"
mount -o remount,bind,ro "$ROOT"
cd "$ROOT"
exec chroot "$ROOT" "$@"
"""

ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/usr/libexec/swift/bin:/usr/bin:/usr/sbin:/bin:/sbin",
}


def run(
    arguments: list[str], scratch: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program with the checkout as /src and a folder to write to as /scratch.

    Returns:
        With what it printed, on stdout and stderr together, as ``stdout``.
    """
    folders = {"ROOT": swift_root(), "CHECKOUT": CHECKOUT, "SCRATCH": scratch}
    return subprocess.run(
        [*UNSHARE, "bash", "-c", ENTER, "bash", *arguments],
        env={
            **ENVIRONMENT,
            **{name: os.fspath(folder) for name, folder in folders.items()},
            **(variables or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
