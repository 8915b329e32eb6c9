"""An emulated phone from end to end: its files, its machine, and adb on both sides."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from act_artefact.errors import UserError
from act_profiling.adb import arguments
from act_profiling.adb.client import Adb
from act_profiling.adb.discovery import connect
from act_profiling.devices.emulated.daemon import Daemon
from act_profiling.devices.emulated.namespace import Machine, Unavailable
from act_profiling.devices.emulated.phone import EMULATED, write_phone
from act_profiling.devices.emulated.tree import Tree
from act_profiling.glibc import debian_root

OWN = ("data", "sdcard", "sys", "vendor")
"""Folders of the phone's own, over the root's."""
HOST = "/host"
"""Where the phone sees a folder of this machine."""


class Emulation:
    """A phone that a private adb is connected to, there while it is entered.

    Args:
        cpu: cortex-a76 or cortex-a53.
        root: the arm64 files, other than those that ``make emulated-device`` makes.
        host: a folder that the phone, and QEMU in it, sees at ``HOST``.

    Raises:
        UserError: there is no such phone.
        Unavailable: on entering: it was not made, or this machine cannot run it, and why.
    """

    adb: Adb
    serial: str
    daemon: Daemon
    folder: Path
    """The phone's own files."""

    def __init__(self, cpu: str, root: Path | None = None, host: Path | None = None) -> None:
        if cpu not in EMULATED:
            raise UserError(f"no emulated {cpu}: there is {', '.join(EMULATED)}")
        self._phone, self._cpu = EMULATED[cpu], cpu
        self._root, self._host = root or debian_root(), host
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if not self._root.is_dir():
            raise Unavailable(
                f"no emulated device in {self._root}: make it with `make emulated-device`"
            )
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def _start(self, stack: ExitStack) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="act-emulated-")))
        self.folder = folder / "phone"
        write_phone(self.folder, self._phone)
        binds = {f"/{name}": self.folder / name for name in OWN}
        binds["/proc/cpuinfo"] = self.folder / "proc" / "cpuinfo"
        if self._host:
            binds[HOST] = self._host
        place, home = folder / "place", folder / "home"
        for each in (place, home):
            each.mkdir()
        machine = stack.enter_context(Machine(self._root, self._cpu, binds, place))
        tree = Tree({"/": self._root, **binds})
        daemon = Daemon(tree, machine.shell, self._phone.properties)
        self.daemon = stack.enter_context(daemon)
        self.adb, self.serial = Adb(private_environment(home)), daemon.serial
        stack.callback(self.adb.call, arguments.KILL_SERVER)
        connect(self.adb, self.serial)

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def private_environment(home: Path) -> dict[str, str]:
    """adb's environment for a server of our own: another port, no keys, no looking around."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    theirs = ("ADB", "ANDROID")
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(theirs)},
        "HOME": str(home),
        "ANDROID_ADB_SERVER_PORT": str(port),
        "ADB_MDNS": "0",
        "ADB_LOCAL_TRANSPORT_MAX_PORT": "5554",  # none: 5555 is the first that it would try
    }
