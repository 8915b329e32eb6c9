"""Programs of the Swift root, run in it: in namespaces of their own, of which nothing stays."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from act_profiling.devices.emulated.namespace import UNSHARE
from tests.swift.root import is_built, swift_root

CHECKOUT = Path(__file__).parents[2]

WARNINGS_ARE_ERRORS = ["-Xswiftc", "-warnings-as-errors", "-Xcc", "-Werror"]
FORMAT = {"version": 1, "lineLength": 100, "indentation": {"spaces": 4}}

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


def make_scratch(factory: pytest.TempPathFactory) -> Path:
    """Make a folder that Swift's programs see as /scratch; skip the test if there is no Swift."""
    if not is_built(swift_root()):
        pytest.skip("Swift is not unpacked: make test-swift does it")
    return factory.mktemp("swift")


def folders(package: str, scratch: str) -> list[str]:
    """The options of a package and of a folder in /scratch for what is built of it."""
    return ["--package-path", package, "--scratch-path", f"/scratch/{scratch}"]


def assert_formatted(sources: Iterable[Path], scratch: Path) -> None:
    """Assert that swift-format has no wish for these files of the checkout."""
    lint = ["swift-format", "lint", "--strict", "--configuration", json.dumps(FORMAT)]
    files = [str("/src" / path.relative_to(CHECKOUT)) for path in sources]
    done = run([*lint, *files], scratch)
    assert done.returncode == 0, done.stdout
