"""Which devices there are, and which of them a user means."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from act_artefact.errors import UserError
from act_profiling.adb import arguments
from act_profiling.adb.client import Adb

SETTLE_SECONDS = 10.0
"""Seconds for which a device may be authorizing or connecting before that is its state."""

NETWORK = re.compile(r"[\w.\-\[\]:]+:\d{1,5}")
"""A serial that is an address, which adb can be told to connect to."""

WAYS_OUT = {
    "unauthorized": "unlock it and allow USB debugging for this computer in the dialog it shows",
    "authorizing": "unlock it and allow USB debugging for this computer in the dialog it shows",
    "offline": "unplug it and plug it in again, or, over the network, `adb disconnect {serial}`",
    "connecting": "wait until it is there, or unplug it and plug it in again",
    "no permissions": "install android-sdk-platform-tools-common (udev rules), join the group "
    "plugdev, and plug it in again",
}
BOOT = "boot it into Android"
"""The remedy for recovery, sideload, bootloader and the like."""


@dataclass(frozen=True)
class Listed:
    """A device as ``adb devices -l`` lists it."""

    serial: str
    state: str
    """device where it is ready; unauthorized, offline, no permissions, ..."""
    facts: dict[str, str] = field(default_factory=dict)
    """product, model, device, transport_id, ..."""

    def __str__(self) -> str:
        model = self.facts.get("model", "").replace("_", " ")
        return f"adb:{self.serial}" + (f" ({model})" if model else "")

    def check(self) -> None:
        """
        Raises:
            UserError: it is not ready, and what helps.
        """
        if self.state != "device":
            help_ = WAYS_OUT.get(self.state, BOOT).format(serial=self.serial)
            raise UserError(f"adb:{self.serial} is {self.state}: {help_}")


def parse(text: str) -> Iterator[Listed]:
    """Read what ``adb devices -l`` prints."""
    for line in text.splitlines():
        serial, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if not rest or line.startswith(("*", "List of devices", "adb server")):
            continue
        state = "no permissions" if rest.startswith("no permissions") else rest.split()[0]
        facts = dict(re.findall(r"(?<!\S)(\w+):(\S+)", rest.rpartition("]")[2]))
        yield Listed(serial, state, facts)


def listed(adb: Adb) -> list[Listed]:
    """All that adb knows of; waits a little for those that are just being connected.

    Raises:
        UserError: adb's server does not start.
    """
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        done = adb.call(arguments.DEVICES)
        if done.code:
            raise UserError(f"adb devices failed: {done.reason}: try `adb kill-server`")
        devices = list(parse(done.stdout))
        unsettled = any(d.state in ("authorizing", "connecting") for d in devices)
        if not unsettled or time.monotonic() > until:
            return devices
        time.sleep(0.5)


def find(adb: Adb, wanted: str) -> list[Listed]:
    """The devices that ``adb``, ``adb:SERIAL`` or ``adb:all`` means, all of them ready.

    With ``adb`` there must be one device, or ANDROID_SERIAL says which, as for adb itself.

    Raises:
        UserError: there is none, there are several, or one is not ready, and what helps.
    """
    _, _, serial = wanted.partition(":")
    serial = serial or adb.environment.get("ANDROID_SERIAL", "")
    devices = listed(adb)
    if serial and serial != "all":
        devices = [_named(adb, devices, serial)]
    elif not devices:
        raise UserError(
            "no device: plug one in with USB debugging on (Settings, Developer options), "
            "or `adb connect ADDRESS`; `adb devices` lists what there is"
        )
    elif serial != "all" and len(devices) > 1:
        raise UserError(
            f"{len(devices)} devices: say which: {', '.join(f'adb:{d.serial}' for d in devices)}, "
            "or adb:all"
        )
    for device in devices:  # with adb:all too: one that is not ready is said, not left out
        device.check()
    return devices


def _named(adb: Adb, devices: list[Listed], serial: str) -> Listed:
    for device in devices:
        if device.serial == serial:
            return device
    if NETWORK.fullmatch(serial):
        connect(adb, serial)
        for device in listed(adb):
            if device.serial == serial:
                return device
    there = ", ".join(f"adb:{d.serial}" for d in devices) or "none"
    raise UserError(f"no device {serial}: there is {there}; `adb devices` lists what there is")


def connect(adb: Adb, address: str) -> None:
    """Connect to a device over the network.

    adb says so on stdout where it cannot, and ends with 0 all the same.

    Raises:
        UserError: it cannot be reached.
    """
    done = adb.call(arguments.connect(address))
    if done.code or not done.stdout.startswith(("connected to", "already connected to")):
        if "failed to authenticate" in done.stdout:
            return  # it is listed as unauthorized, which says more
        raise UserError(
            f"adb:{address} cannot be reached ({done.reason}): check the address, and that "
            "wireless debugging is on"
        )
