"""The files of an arm64 system: Debian's own packages, unpacked into a cache; nothing is installed.

``python -m act_profiling.devices.emulated.root`` (``make emulated-device``) builds it: glibc for
programs that bring none, mksh and toybox, which are Android's shell and tools too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from act_artefact.errors import UserError
from act_profiling.devices.emulated.apt import Apt
from act_profiling.devices.emulated.namespace import LIBRARIES
from act_profiling.devices.emulated.tool import run_tool
from act_profiling.glibc import debian_root

PACKAGES = (
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "zlib1g",
    "mksh",
    "toybox",
    # what toybox needs
    "libcrypt1",
    "libpcre2-8-0",
    "libselinux1",
    "libssl3",
)
FOLDERS = ("data", "dev", "host", "proc", "sdcard", "sys", "tmp", "vendor")
"""Where something is mounted."""

MADE_OF = "etc/act-mobile-packages"
"""In the root: the packages that it was made of."""

MINUTES = 10
"""For apt, over a slow line."""

ARM64 = """
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
"""


def is_built(root: Path) -> bool:
    """True if the root is there, and made of these packages."""
    made_of = root / MADE_OF
    return made_of.is_file() and made_of.read_text().split() == [*PACKAGES]


def build_root(root: Path) -> None:
    """Build the root, aside and then renamed: it is whole or not there.

    Raises:
        UserError: a tool is missing, or the packages cannot be had.
    """
    for tool, package in (("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("qemu-aarch64", "qemu-user")):
        if not shutil.which(tool):
            raise UserError(f"{tool} is missing: install {package} (a Debian or Ubuntu package)")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="building-") as aside:
        folder, built = Path(aside), Path(aside) / "root"
        packages = _download(folder / "apt")
        for file in packages:
            run_tool(["dpkg-deb", "--extract", str(file), str(built)], minutes=MINUTES)
        _make_android_like(built)
        if root.exists():
            shutil.rmtree(root)
        built.rename(root)


def _download(folder: Path) -> list[Path]:
    """Debian's arm64 packages."""
    apt, packages = Apt(folder, minutes=MINUTES, settings=ARM64), folder / "packages"
    packages.mkdir()
    apt.get("download", *PACKAGES, folder=packages)
    return sorted(packages.glob("*.deb"))


def _make_android_like(root: Path) -> None:
    for name in ("usr/share", "etc/ssl"):
        shutil.rmtree(root / name, ignore_errors=True)
    tools = root / "system" / "bin"
    tools.mkdir(parents=True)
    for mounted in (*FOLDERS, *LIBRARIES):
        (root / mounted.lstrip("/")).mkdir(parents=True, exist_ok=True)
    (tools / "sh").symlink_to("/bin/mksh")
    (root / "bin" / "sh").unlink(missing_ok=True)
    (root / "bin" / "sh").symlink_to("/bin/mksh")
    toybox = ["qemu-aarch64", "-L", str(root), str(root / "bin" / "toybox")]
    listed = run_tool(toybox, minutes=MINUTES)
    for applet in listed.split():
        if applet not in ("sh", "toybox"):
            (tools / applet).symlink_to("/bin/toybox")
    (root / "etc" / "passwd").write_text("root:x:0:0::/:/system/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    (root / MADE_OF).write_text(" ".join(PACKAGES))


if __name__ == "__main__":
    try:
        if not is_built(debian_root()):
            build_root(debian_root())
    except UserError as error:
        sys.exit(f"emulated-device: {error}")
    print(debian_root())
