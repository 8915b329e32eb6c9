"""An iPhone or iPad as a device: the demo app measures, ``xcrun devicectl`` on a Mac drives it."""

from __future__ import annotations

from pathlib import Path

from act_artefact.errors import UserError
from act_profiling.devices import Device
from act_profiling.devices.ios.device import IosDevice
from act_profiling.devices.ios.devicectl import Devicectl
from act_profiling.devices.ios.discovery import find, find_app


def open_named(
    which: str, *, runtime: Path | None, keep: bool, compute_units: str | None = None
) -> list[Device]:
    """Open the iPhone or iPad that ``ios`` or ``ios:NAME`` means, with the demo app on it.

    Args:
        which: its name, UDID or identifier; empty for the only one.
        runtime: has no place here: the app brings its runtimes.
        keep: has no effect: devicectl cannot delete what it has copied.
        compute_units: processors that Core ML may use; None for all of them.

    Raises:
        UserError: no Xcode, no such device, or the app is not on it.
    """
    if runtime is not None:
        raise UserError(f"--runtime {runtime}: --device ios runs what the demo app brings")
    tool = Devicectl()
    phone = find(tool, which)
    return [IosDevice(tool, phone, find_app(tool, phone), compute_units)]
