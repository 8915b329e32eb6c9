"""Swift on Linux: Debian's own packages, unpacked into a folder of the cache; nothing is installed.

``python -m tests.swift.root`` (``make test-swift``) builds it once: 550 MB fetched, 1.1 GB kept.
Swift comes with Debian 13; older systems run it in a root of its own (tests/swift/compiler.py).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from act_artefact.cache import cache
from act_artefact.errors import UserError
from act_profiling.devices.emulated.apt import Apt
from act_profiling.devices.emulated.tool import run_tool

SOURCE = "http://deb.debian.org/debian trixie main"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("swiftlang", "libc6-dev", "libstdc++-14-dev", "binutils-gold")
"""Swift links with gold, which binutils no longer brings."""

SWIFT = "usr/libexec/swift"
LEFT_OUT = (
    "usr/share/*",
    "usr/libexec/gcc/*",
    *(
        f"{SWIFT}/{unused}"
        for unused in (
            "bin/*lld*",
            "bin/clangd",
            "bin/docc",
            "bin/sourcekit-lsp",
            "bin/wasm-ld",
            "lib/libLTO*",
            "lib/liblldb*",
            "lib/libsourcekitdInProc.so",
            "lib/swift/FrameworkABIBaseline",
            "lib/swift/embedded",
            "lib/swift_static",
        )
    ),
)
"""Debuggers, editors' servers, other linkers and other systems' libraries: half of the files."""

LINKS = ("bin", "lib", "lib64", "sbin")
"""Folders that are links into usr."""
MOUNTED = ("dev", "proc", "tmp", "src", "scratch")

MADE_OF = "etc/act-mobile-packages"
"""In the root: what it was made of."""

MINUTES = 20
"""For apt, over a slow line."""


def swift_root() -> Path:
    """The folder into which Swift is unpacked."""
    return cache() / "swift" / "root"


def is_built(root: Path) -> bool:
    """True if the root is there, and made as this file makes it."""
    made_of = root / MADE_OF
    return made_of.is_file() and made_of.read_text() == _recipe()


def build_root(root: Path) -> None:
    """Build the root, aside and then renamed: it is whole or not there.

    Raises:
        UserError: a tool is missing, or the packages cannot be had.
    """
    for tool, package in (("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("tar", "tar")):
        if not shutil.which(tool):
            raise UserError(f"{tool} is missing: install {package} (a Debian or Ubuntu package)")
    if not KEYRING.is_file():
        raise UserError(f"{KEYRING} is missing: install debian-archive-keyring")
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="building-") as aside:
        folder, built = Path(aside), Path(aside) / "root"
        for name in LINKS:
            (built / "usr" / name).mkdir(parents=True)
            (built / name).symlink_to(f"usr/{name}")
        for package_file in _download(folder / "apt"):
            _unpack(package_file, built)
        for name in MOUNTED:
            (built / name).mkdir()
        (built / MADE_OF).write_text(_recipe())
        if root.exists():
            shutil.rmtree(root)
        built.rename(root)


def _recipe() -> str:
    return "\n".join([SOURCE, *PACKAGES, *LEFT_OUT])


def _download(folder: Path) -> list[Path]:
    """The packages and all that they need."""
    apt = Apt(folder, minutes=MINUTES, source=f"deb [signed-by={KEYRING}] {SOURCE}")
    apt.get("--yes", "--download-only", "install", *PACKAGES)
    return sorted(apt.archives.glob("*.deb"))


def _unpack(package_file: Path, root: Path) -> None:
    """Unpack a package's files, but for those left out, and delete it."""
    exclude = [f"--exclude=./{pattern}" for pattern in LEFT_OUT]
    unpack = ["tar", "-x", "-C", str(root), "--keep-directory-symlink", "--no-same-owner", *exclude]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package_file)], stdout=subprocess.PIPE
    ) as files:
        run_tool(unpack, minutes=MINUTES, stdin=files.stdout)
    if files.returncode:
        raise UserError(f"{package_file.name} cannot be unpacked: try again")
    package_file.unlink()


if __name__ == "__main__":
    try:
        if not is_built(swift_root()):
            build_root(swift_root())
    except UserError as error:
        sys.exit(f"swift: {error}")
    print(swift_root())
