"""glibc for arm64, which goes to a phone with a runner that needs it."""

from __future__ import annotations

from pathlib import Path

from act_artefact.cache import cache
from act_artefact.errors import UserError

LOADER = "ld-linux-aarch64.so.1"
GLIBC = (
    LOADER,
    *("libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0"),
    *("libgcc_s.so.1", "libstdc++.so.6"),
)
CROSS_GLIBC = Path("/usr/aarch64-linux-gnu/lib")
"""Folder of the packages libc6-arm64-cross and libstdc++6-arm64-cross."""


def debian_root() -> Path:
    """The folder into which ``make emulated-device`` unpacks Debian's arm64 packages."""
    return cache() / "emulated-device" / "root"


def glibc() -> dict[str, Path]:
    """Find glibc for arm64 and its loader: name -> file.

    Raises:
        UserError: it is not on this machine.
    """
    for folders in _folders():
        there = {file.name: file for folder in folders for file in folder.glob("*.so*")}
        if all(name in there for name in GLIBC):
            return {name: there[name] for name in GLIBC}
    raise UserError(
        "the device's runner needs glibc for arm64: apt-get install libc6-arm64-cross "
        "libstdc++6-arm64-cross, or make emulated-device; or build act-runner with the NDK and "
        "give its folder with --runtime"
    )


def _folders() -> tuple[tuple[Path, ...], ...]:
    """Places with a whole one each: two would not fit together."""
    root = debian_root()
    return (CROSS_GLIBC,), tuple(root / f / "aarch64-linux-gnu" for f in ("lib", "usr/lib"))
