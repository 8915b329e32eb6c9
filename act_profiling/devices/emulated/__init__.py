"""``--device emulated``: exact arm64 instruction counts on a phone that does not exist.

It is a phone for the real ``adb``: adb's device side, phone-like files, arm64 programs run by QEMU.
Nothing here measures time: what runs through QEMU says what a phone would do, not how fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from act_profiling.devices import Device

CPU = "cortex-a76"
"""The core that is emulated unless another is named."""


def open_named(which: str, *, runtime: Path | None, keep: bool) -> list[Device]:
    """Start the emulated phone with the core ``which``; what runs there is counted.

    Raises:
        UserError: there is no such core, or this machine cannot run it, and why.
    """
    from act_profiling.counting import QemuCounter
    from act_profiling.devices.emulated.device import EmulatedDevice
    from act_profiling.programs import device_programs

    return [EmulatedDevice(device_programs(runtime), which or CPU, QemuCounter(), keep=keep)]
