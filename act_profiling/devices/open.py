"""From a device's name on the command line to the device."""

from __future__ import annotations

from pathlib import Path

from act_artefact.errors import UserError
from act_profiling.devices import Device


def open_devices(name: str, *, runtime: Path | None = None, keep: bool = False) -> list[Device]:
    """The devices that ``host``, ``adb``, ``adb:SERIAL``, ``adb:all`` or ``emulated`` mean.

    Args:
        runtime: a folder with the runtimes' libraries for the device; else the pinned ones.
        keep: leave on the device what was pushed.

    Raises:
        UserError: there is no such device, or it is not ready, and what would help.
    """
    kind, _, which = name.partition(":")
    if kind == "host" and not which:
        from act_profiling.devices.host import HostDevice

        return [HostDevice(runtime)]
    if kind == "adb":
        from act_profiling.devices import adb
        from act_profiling.programs import device_programs

        return list(adb.open_devices(name, device_programs(runtime), keep=keep))
    if kind == "emulated":
        from act_profiling.counting import QemuCounter
        from act_profiling.devices.emulated import EmulatedDevice
        from act_profiling.programs import device_programs

        programs, cpu = device_programs(runtime), which or "cortex-a76"
        return [EmulatedDevice(programs, cpu, QemuCounter(), keep=keep)]
    raise UserError(f"--device {name!r}: use host, adb, adb:SERIAL, adb:all or emulated[:CPU]")
