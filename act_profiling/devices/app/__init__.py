"""The Android demo as a place where jobs run: ``--device adb --in-app``.

On the device a script takes act-runner's place: it hands the job to the app's benchmark entry and
waits for it. Whatever :class:`AdbDevice` does for a runner (files by their hash, thermal state,
runs that are resumed) it does for the app.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_artefact.errors import UserError
from act_profiling.devices import Device
from act_profiling.devices.adb import AdbDevice, open_phones
from act_profiling.programs import DeviceProgram, Programs

APP = "io.actmobile.demo"
ACTIVITY = f"{APP}/.BenchmarkActivity"
FOLDER = f"/sdcard/Android/data/{APP}/files/benchmark"
"""Where the app and adb both read and write."""

SCRIPT = Path(__file__).with_name("in-app.sh")

BOUNDARY = (
    f"a call as {APP} makes it, on one thread: tensors are given to the runtime and outputs taken "
    "within it; memory is the whole app's"
)


def open_named(which: str, *, runtime: Path | None, keep: bool) -> list[Device]:
    """Open the phones that ``adb``, ``adb:SERIAL`` or ``adb:all`` means, to measure in the app.

    Raises:
        UserError: runtimes are given, of which the app has its own; or there is no such device.
    """
    if runtime:
        raise UserError("--runtime: the app has its own runtimes: leave it out with --in-app")
    wanted = f"adb:{which}" if which else "adb"
    return list(open_phones(wanted, app_programs(), kind=AppDevice, keep=keep))


def app_programs() -> Programs:
    """Return the script that takes the runner's place, for any target and device."""

    def program(target: str, abis: Sequence[str]) -> DeviceProgram:
        return DeviceProgram({SCRIPT.name: SCRIPT}, ("sh", f"./{SCRIPT.name}", ACTIVITY, FOLDER))

    return program


class AppDevice(AdbDevice):
    """A device over adb whose jobs run in the app."""

    stop = f"am force-stop {APP}"

    def describe(self) -> dict[str, Any]:
        """Describe the device; a report of it is not of the same device as a runner's."""
        known = super().describe()
        return {**known, "identity": f"{known['identity']} in {APP}", "boundary": BOUNDARY}
