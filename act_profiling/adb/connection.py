"""One device: command lines that are run on it, and waiting for it where it goes away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from act_artefact.errors import UserError
from act_profiling.adb import arguments
from act_profiling.adb.client import SECONDS, Adb, DeviceGone, Done
from act_profiling.adb.discovery import NETWORK, listed

END = "act-profile-end:"
"""Marks a command's end and its exit code. adb's own exit code does not tell a command that failed
from a connection that was lost, and devices before Android 7 have none at all."""

_ENDED = re.compile(rf"\n?^{END}(\d+)\r?$\n?", re.MULTILINE)

NOT_READY = ("unauthorized", "no permissions")
"""States that waiting does not change: somebody has to do something."""

ATTEMPTS = 5
"""So often is begun what is cut short each time."""

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for which a device that went away is waited for."""


class Connection:
    """A device by its serial.

    Args:
        patience: seconds for which it is waited for, where it goes away.
    """

    def __init__(self, adb: Adb, serial: str, patience: float = PATIENCE) -> None:
        self.adb, self.serial, self.patience = adb, serial, patience

    def __str__(self) -> str:
        return f"adb:{self.serial}"

    def run(self, command: str, seconds: float = SECONDS) -> Done:
        """Run a command line on the device; its exit code is the command's own.

        Raises:
            DeviceGone: it did not come to its end, or not in time.
        """
        return self.watch(command, lambda line: None, quiet=seconds, limit=seconds)

    def watch(
        self,
        command: str,
        heard: Callable[[str], object],
        quiet: float,
        limit: float | None = None,
    ) -> Done:
        """As :meth:`run`, hearing each line as it comes; gone after ``quiet`` seconds without."""
        marked = f"({command}\n); code=$?; echo; echo {END}$code"
        done = self.adb.watch(arguments.shell(self.serial, marked), heard, quiet, limit)
        ended = _ENDED.search(done.stdout)
        if not ended:
            raise DeviceGone(f"{self}: cut short: {done.reason}")
        return Done(int(ended[1]), done.stdout[: ended.start()], done.stderr)

    def output(self, command: str, seconds: float = SECONDS) -> str:
        """Run a command line and return what it prints.

        Raises:
            DeviceGone: it did not come to its end.
            UserError: it failed.
        """
        done = self.run(command, seconds)
        if done.code:
            raise UserError(f"{self}: `{command.split(maxsplit=1)[0]}` failed: {done.reason}")
        return done.stdout

    def state(self) -> str:
        """``device`` where it is ready, else what adb says."""
        done = self.adb.call(arguments.state(self.serial))
        return done.stdout.strip() if done.code == 0 else "away"

    def wait(self, reason: DeviceGone) -> None:
        """Wait until the device is ready, connecting again where it is on the network.

        Raises:
            UserError: it is not back in time, or needs its owner.
        """
        until = time.monotonic() + self.patience
        while True:
            try:
                if self.state() == "device" and self.run("true").code == 0:
                    return
                self._reconnect()
            except DeviceGone as gone:
                reason = gone
            if time.monotonic() > until:
                raise UserError(
                    f"{self} went away and was not back in {self.patience:.0f} s ({reason}): "
                    "connect it and start again"
                )
            time.sleep(0.3)

    def _reconnect(self) -> None:
        """
        Raises:
            UserError: its owner has to do something.
        """
        for device in listed(self.adb):
            if device.serial == self.serial:
                if device.state in NOT_READY:
                    device.check()
                if device.state == "offline" and NETWORK.fullmatch(self.serial):
                    self.adb.call(arguments.disconnect(self.serial))
        if NETWORK.fullmatch(self.serial):
            self.adb.call(arguments.connect(self.serial))

    def steadily(self, work: Callable[[], T]) -> T:
        """Do something that may be done again from its beginning, though the device goes away.

        Raises:
            UserError: the device does not come back, or goes away each time.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return work()
            except DeviceGone as gone:
                self.wait(gone)
        return work()
