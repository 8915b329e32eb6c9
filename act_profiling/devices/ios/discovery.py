"""Find the iPhone or iPad that is meant, and the demo app on it."""

from __future__ import annotations

from msgspec import Struct, field

from act_artefact.errors import UserError, either
from act_artefact.schema import Text
from act_profiling.devices.ios.devicectl import Devicectl

APP = "actmobile.demo"
"""End of the demo's bundle identifier, whose beginning is its builder's own."""

OLDEST = 17
"""Major version of the oldest system that devicectl reaches; the app itself runs on iOS 16."""

INSTALL = (
    "open ios_demo/ActDemo.xcodeproj in Xcode, choose a bundle identifier that ends in "
    f".{APP}, and run it on the device once"
)


class Connection(Struct, rename="camel"):
    pairing_state: Text = ""
    transport_type: Text = ""
    """``wired`` or ``localNetwork``."""
    tunnel_state: Text = ""
    """``unavailable`` of a device that is known, but not there."""


class Properties(Struct, rename="camel"):
    name: Text = ""
    os_version_number: Text = ""
    os_build_update: Text = ""
    developer_mode_status: Text = ""


class Hardware(Struct, rename="camel"):
    device_type: Text = ""
    marketing_name: Text = ""
    product_type: Text = ""
    reality: Text = ""
    udid: Text = ""


class Phone(Struct, rename="camel"):
    """A device as ``devicectl list devices`` tells it; not all versions tell all of it."""

    identifier: Text
    connection_properties: Connection = field(default_factory=Connection)
    device_properties: Properties = field(default_factory=Properties)
    hardware_properties: Hardware = field(default_factory=Hardware)

    @property
    def name(self) -> str:
        """The name that its owner gave it."""
        return self.device_properties.name or self.identifier

    @property
    def is_wanted(self) -> bool:
        """True for a real iPhone or iPad: watches, sets, Macs and simulators are listed, too."""
        hardware = self.hardware_properties
        return hardware.device_type in ("iPhone", "iPad") and hardware.reality != "simulated"

    def is_called(self, which: str) -> bool:
        """True if a user may mean it by this."""
        return which in (self.identifier, self.hardware_properties.udid, self.name)


class _Phones(Struct):
    devices: list[Phone]


class Listed(Struct):
    """Answer of ``devicectl list devices``."""

    result: _Phones


class _App(Struct, rename="camel"):
    bundle_identifier: Text


class _Apps(Struct):
    apps: list[_App]


class Installed(Struct):
    """Answer of ``devicectl device info apps``."""

    result: _Apps


def find(tool: Devicectl, which: str) -> Phone:
    """Find the one device that is meant and can be used.

    Args:
        which: its name, UDID or identifier; empty for the only one.

    Raises:
        UserError: there is none, there are several, or it is not ready, and what would help.
    """
    listed = tool.call(["list", "devices"], [], Listed)
    phones = [each for each in listed.result.devices if each.is_wanted]
    if which:
        phones = [each for each in phones if each.is_called(which)]
    else:
        there = [
            each for each in phones if each.connection_properties.tunnel_state != "unavailable"
        ]
        phones = there or phones
    if not phones:
        named = f"no iPhone or iPad {which!r}" if which else "no iPhone or iPad"
        raise UserError(
            f"--device ios: Xcode knows {named}: connect it by cable, unlock it and trust this Mac"
        )
    if len(phones) > 1:
        names = either([f"ios:{each.identifier} ({each.name})" for each in phones])
        raise UserError(f"--device ios: there are {len(phones)} devices: use {names}")
    (phone,) = phones
    _check_ready(phone)
    return phone


def _check_ready(phone: Phone) -> None:
    connection, name = phone.connection_properties, phone.name
    # Asked first: one with an older system is listed as not connected, whatever its cable does.
    system = phone.device_properties.os_version_number
    if system.partition(".")[0] in map(str, range(OLDEST)):
        raise UserError(f"ios:{name}: has iOS {system}: devicectl reaches iOS {OLDEST} and newer")
    if connection.pairing_state not in ("paired", ""):
        raise UserError(f"ios:{name}: is {connection.pairing_state}: unlock it and trust this Mac")
    if connection.tunnel_state == "unavailable":
        raise UserError(f"ios:{name}: is not connected: connect it by cable and unlock it")
    if phone.device_properties.developer_mode_status == "disabled":
        raise UserError(
            f"ios:{name}: Developer Mode is off: switch it on in Settings, Privacy & Security"
        )


def find_app(tool: Devicectl, phone: Phone) -> str:
    """Find the demo app's bundle identifier on a device.

    Raises:
        UserError: the app is not there, or more than one is.
    """
    options = ["--device", phone.identifier]
    apps = tool.call(["device", "info", "apps"], options, Installed).result.apps
    found = [each.bundle_identifier for each in apps]
    found = [each for each in found if each == APP or each.endswith(f".{APP}")]
    if not found:
        raise UserError(f"ios:{phone.name}: the demo app is not installed: {INSTALL}")
    if len(found) > 1:
        raise UserError(
            f"ios:{phone.name}: several demo apps, {', '.join(found)}: delete all but one"
        )
    return found[0]
