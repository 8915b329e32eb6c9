"""From a device's name on the command line to the device."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from act_artefact.errors import UserError, either

if TYPE_CHECKING:
    from act_profiling.devices import Device

DEVICES = {
    "host": "host",
    "adb": "adb|adb:SERIAL|adb:all",
    "emulated": "emulated[:CPU]",
    "browser": "browser|browser:open",
    "ios": "ios|ios:NAME",
}
"""Every kind of device by its name, which is also its module's, and how it is written."""

IN_APP = {"adb": "app"}
"""Those whose jobs may run in a real app, and the module that opens them so."""

TAKES = {"lan": ("browser",), "compute_units": ("ios",)}
"""Further arguments of ``open_named``, and the devices that know them: ``lan`` those that fetch
their jobs from this machine, ``compute_units`` those that run Core ML artefacts."""

COMPUTE_UNITS = ("all", "cpuOnly", "cpuAndGPU", "cpuAndNeuralEngine")
"""Processors that Core ML may use, as Swift names them."""


@runtime_checkable
class DeviceKind(Protocol):
    """The function at the top of a device's module."""

    def open_named(self, which: str, *, runtime: Path | None, keep: bool) -> list[Device]:
        """Open the devices that ``KIND:which`` means, or ``KIND`` alone where ``which`` is empty.

        Args:
            runtime: a folder with the runtimes' libraries for the device; else the pinned ones.
            keep: leave on the device what was pushed.

        Raises:
            UserError: there is no such device, or it is not ready, and what would help.
        """
        ...


def open_devices(
    name: str,
    *,
    runtime: Path | None = None,
    keep: bool = False,
    lan: bool = False,
    in_app: bool = False,
    compute_units: str | None = None,
) -> list[Device]:
    """Open the devices that a name on the command line means; see ``DEVICES``.

    Args:
        runtime: a folder with the runtimes' libraries for the device; else the pinned ones.
        keep: leave on the device what was pushed.
        lan: serve a page to the local network, and not to this machine alone.
        in_app: run in the Android demo that is installed there, and not in act-runner.
        compute_units: one of ``COMPUTE_UNITS``, for Core ML artefacts; None for all of them.

    Raises:
        UserError: there is no such device, or it is not ready, and what would help.
    """
    kind, _, which = name.partition(":")
    if kind not in DEVICES:
        known = [word for words in DEVICES.values() for word in words.split("|")]
        raise UserError(f"--device {name!r}: use {either(known)}")
    asked: dict[str, Any] = {"lan": lan, "compute_units": compute_units}
    further = {key: value for key, value in asked.items() if value}
    for key in further:
        if kind not in TAKES[key]:
            option = key.replace("_", "-")
            raise UserError(f"--{option}: is for --device {either(TAKES[key])}")
    if in_app and kind not in IN_APP:
        raise UserError(f"--in-app: is for --device {either([*IN_APP])}")
    module = import_module(f"{__package__}.{IN_APP[kind] if in_app else kind}")
    if not isinstance(module, DeviceKind):
        raise TypeError(f"{module.__name__}: needs open_named()")
    return module.open_named(which, runtime=runtime, keep=keep, **further)
