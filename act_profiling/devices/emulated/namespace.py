"""A root of arm64 files made into a machine: processes that run in it, through QEMU.

One process in namespaces of its own holds the machine: its mounts, its process numbers and its
binfmt_misc, by which the kernel runs arm64 programs through QEMU. Nothing of it is seen outside,
and it ends when this process does. It needs a kernel from 6.7 on that permits user namespaces.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from act_artefact.errors import UserError

START_SECONDS = 20

ENVIRONMENT = {
    "PATH": "/vendor/bin:/system/bin",
    "HOME": "/",
    "TMPDIR": "/data/local/tmp",
    "ANDROID_ROOT": "/system",
    "ANDROID_DATA": "/data",
    "USER": "shell",
}

LIBRARIES = ("/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")

# ELF, 64 bit, little-endian, EXEC or DYN, machine 183.
MAGIC = (
    r":arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
)

# The holder says its process number, reaps what is left to it, and ends with its input.
# F opens QEMU now, so that its file need not be in the root; the libraries it loads must be.
HOLDER = r"""
set -e
read -r self rest < /proc/self/stat
mount -t tmpfs tmpfs "$PLACE"
mkdir "$PLACE/root" "$PLACE/binfmt"
mount --bind "$ROOT" "$PLACE/root"
mount -t binfmt_misc binfmt_misc "$PLACE/binfmt"
printf %s "$MAGIC:$QEMU:F" > "$PLACE/binfmt/register"
mount --rbind /dev "$PLACE/root/dev"
mount -t proc proc "$PLACE/root/proc"
while read -r there here; do
    mount --rbind "$here" "$PLACE/root$there"
done <<EOF
$BINDS
EOF
mount -o remount,bind,ro "$PLACE/root"
hostname emulated
echo "$self"
while read -r _; do :; done
"""


class Unavailable(UserError):
    """This machine cannot run an emulated device, and why."""


class Machine:
    """An arm64 machine, there while it is entered.

    Args:
        root: its files; see :mod:`act_profiling.devices.emulated.root`.
        cpu: what QEMU emulates: cortex-a76, cortex-a53.
        binds: files and folders of this machine by the place where they appear in that one.
        place: an empty folder of ours.
    """

    def __init__(self, root: Path, cpu: str, binds: Mapping[str, Path], place: Path) -> None:
        self._root, self._cpu, self._place = root, cpu, place
        self._binds = {**_qemu_libraries(), **binds}
        self._holder: subprocess.Popen[str] | None = None
        self._process = ""

    def __enter__(self) -> Self:
        qemu = shutil.which("qemu-aarch64")
        if not qemu or not shutil.which("unshare"):
            raise Unavailable(
                "the emulated device needs qemu-aarch64 and unshare: install qemu-user, util-linux"
            )
        binds = "\n".join(f"{there} {here}" for there, here in self._binds.items())
        self._holder = subprocess.Popen(
            [*UNSHARE, "bash", "-c", HOLDER],
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
                "ROOT": str(self._root),
                "PLACE": str(self._place),
                "QEMU": qemu,
                "MAGIC": MAGIC,
                "BINDS": binds,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._process = self._first_line(self._holder)
        return self

    def _first_line(self, holder: subprocess.Popen[str]) -> str:
        """The holder's process number.

        Raises:
            Unavailable: namespaces are not permitted here.
        """
        assert holder.stdout
        assert holder.stderr
        with selectors.DefaultSelector() as waiting:
            waiting.register(holder.stdout, selectors.EVENT_READ)
            said = holder.stdout.readline() if waiting.select(START_SECONDS) else ""
        if not said:
            holder.kill()
            reason = holder.stderr.read().strip() or f"no answer in {START_SECONDS} s"
            self.__exit__()
            raise Unavailable(
                f"no emulated device here: {reason.splitlines()[0]}: it needs user namespaces "
                "and a private binfmt_misc (Linux from 6.7 on; in a container, --privileged)"
            )
        return said.strip()

    def __exit__(self, *_: object) -> None:
        if self._holder:
            # At the end of its input the holder ends, and with it all that runs in its namespace.
            self._holder.communicate()
            self._holder = None

    def shell(self, command: str) -> tuple[list[str], Mapping[str, str]]:
        """The argument list that runs a command line in the machine, and its environment."""
        enter = [
            shutil.which("nsenter") or "nsenter",
            *("--target", self._process, "--preserve-credentials"),
            *("--user", "--mount", "--pid", "--uts"),
            # nsenter waits outside for what it starts inside: a signal to it is passed on.
            *(_tool("setpriv"), "--pdeathsig", "HUP"),
            *(_tool("chroot"), str(self._place / "root")),
        ]
        return [*enter, "/system/bin/sh", "-c", command], {**ENVIRONMENT, "QEMU_CPU": self._cpu}


UNSHARE = [
    "unshare",
    *("--user", "--map-root-user"),
    *("--mount", "--uts"),
    *("--pid", "--fork", "--kill-child"),
]


def _tool(name: str) -> str:
    return shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin") or name


def _qemu_libraries() -> dict[str, Path]:
    """Where QEMU's own libraries are; the root has empty folders for them."""
    folders = (Path(name) for name in LIBRARIES)
    return {str(folder): folder for folder in folders if folder.is_dir()}
