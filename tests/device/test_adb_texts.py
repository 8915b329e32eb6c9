"""Command lines for adb and a phone, and their answers parsed; neither is needed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_profiling.adb import arguments, facts, thermal
from act_profiling.adb.discovery import Listed, parse
from act_profiling.adb.transfer import links


def test_every_argument_list() -> None:
    assert arguments.DEVICES == ["devices", "-l"]
    assert arguments.connect("10.0.0.7:5555") == ["connect", "10.0.0.7:5555"]
    assert arguments.disconnect("10.0.0.7:5555") == ["disconnect", "10.0.0.7:5555"]
    assert arguments.state("S1") == ["-s", "S1", "get-state"]
    assert arguments.shell("S1", "echo a b") == ["-s", "S1", "shell", "echo a b"]
    assert arguments.push("S1", Path("a"), "/b") == ["-s", "S1", "push", "a", "/b"]
    assert arguments.pull("S1", "/b", Path("a")) == ["-s", "S1", "pull", "/b", "a"]


LISTING = """\
* daemon not running; starting now at tcp:5037
* daemon started successfully
List of devices attached
R58M12ABCDE            device usb:1-2 product:a51nnxx model:SM_A515F device:a51 transport_id:4
192.168.1.20:5555      offline transport_id:5
0a388e93               unauthorized usb:1-1 transport_id:3
1234567890ABCDEF       no permissions (user in plugdev group; are your udev rules wrong?); \
see [http://developer.android.com/tools/device.html] usb:1-4 transport_id:6
emulator-5554          recovery product:sdk model:sdk device:generic transport_id:7

"""


def test_listing() -> None:
    devices = {device.serial: device for device in parse(LISTING)}
    assert {serial: device.state for serial, device in devices.items()} == {
        "R58M12ABCDE": "device",
        "192.168.1.20:5555": "offline",
        "0a388e93": "unauthorized",
        "1234567890ABCDEF": "no permissions",
        "emulator-5554": "recovery",
    }
    assert devices["1234567890ABCDEF"].facts == {"usb": "1-4", "transport_id": "6"}
    assert str(devices["R58M12ABCDE"]) == "adb:R58M12ABCDE (SM A515F)"


@pytest.mark.parametrize(
    ("state", "way_out"),
    [
        ("unauthorized", "allow USB debugging"),
        ("offline", "`adb disconnect S1`"),
        ("no permissions", "plugdev"),
        ("recovery", "boot it into Android"),
        ("bootloader", "boot it into Android"),
    ],
)
def test_every_state_has_a_way_out(state: str, way_out: str) -> None:
    with pytest.raises(UserError, match=f"^adb:S1 is {state}: [^\n]*{way_out}[^\n]*$"):
        Listed("S1", state).check()
    Listed("S1", "device").check()


PHONE = """\
== properties
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 7]
[ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a]
[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.soc.manufacturer]: [Google]
[ro.soc.model]: [Tensor G2]
[persist.odd]: [a]: [b]]
== kernel
5.10.157-android13
== cores
0 max=1803000 now=1803000 governor=sched_pixel
4 max=2348000 now=2348000 governor=sched_pixel
6 max=2850000 now=2252000 governor=sched_pixel
7 max=2850000 now=2252000 governor=sched_pixel
1 max=1803000 now=1803000 governor=sched_pixel
== battery
Current Battery Service state:
  AC powered: false
  USB powered: true
  level: 61
  temperature: 314
== power
  mWakefulness=Asleep
"""


def test_facts_of_a_phone() -> None:
    phone = facts.parse(PHONE)
    assert str(phone) == "Google Pixel 7, Google Tensor G2, Android 14"
    assert phone.abis == ("arm64-v8a", "armeabi-v7a")
    assert phone.api == 34
    assert [core.number for core in phone.cores] == [0, 1, 4, 6, 7]
    assert phone.cores[-1] == facts.Core(7, 2_850_000, 2_252_000, "sched_pixel")
    assert (phone.battery_percent, phone.charging, phone.battery_celsius) == (61, True, 31.4)
    assert phone.screen == "Asleep"
    assert phone.to_json()["masks"] == {"big": "c0", "little": "3"}


def test_what_a_device_does_not_say_is_none() -> None:
    board = facts.parse("== properties\n== kernel\n== cores\n* max= now= governor=\n== battery\n")
    assert board == facts.parse("")
    assert board.soc is None
    assert board.cores == ()
    assert board.charging is None
    assert board.to_json()["masks"] == {"big": None, "little": None}


@pytest.mark.parametrize(
    ("cpus", "mask"), [(None, None), ("big", "c0"), ("little", "3"), ("0x10", "10"), ("C0", "c0")]
)
def test_masks(cpus: str | None, mask: str | None) -> None:
    assert facts.parse(PHONE).mask(cpus) == mask


@pytest.mark.parametrize("cpus", ["", "0", "huge", "100", "-1", "4"])
def test_masks_that_are_none(cpus: str) -> None:
    with pytest.raises(UserError, match="give big, little or a mask in hexadecimal within d3"):
        facts.parse(PHONE).mask(cpus)


def test_no_little_cores() -> None:
    alike = facts.parse("== cores\n0 max=1400000 now= governor=\n1 max=1400000 now= governor=\n")
    assert alike.mask("big") == "3"
    with pytest.raises(UserError, match="has no little cores.*1400000"):
        alike.mask("little")


READINGS = """\
thermal begin
IsStatusOverride: false
Thermal Status: 2
\tTemperature{mValue=48.2, mType=3, mName=VIRTUAL-SKIN, mStatus=2}
\tTemperature{mValue=71.0, mType=0, mName=BIG, mStatus=0}
limit 2252000 2850000
limit 1803000 1803000
thermal end
rows 488
thermal begin
zone cpu-0 41000
zone battery 29500
limit 1803000 1803000
thermal end
thermal begin
Thermal Status: 6
"""


def test_thermal_readings() -> None:
    hot, cool = thermal.parse(READINGS)
    assert hot.throttled
    assert str(hot) == "thermal status moderate, 1 cores below their maximum, BIG 71 C"
    assert not cool.throttled
    assert cool == thermal.Thermal(None, {"cpu-0": 41.0, "battery": 29.5}, 0)
    assert thermal.hottest([cool, hot]) == hot
    assert thermal.hottest([]) is None


def test_links() -> None:
    files = {"plan.txt": "/f/aa", "model/begin.onnx": "/f/bb"}
    assert links("/j", files) == (
        "rm -rf /j && mkdir -p /j && cd /j && mkdir -p model && "
        "ln -s /f/bb model/begin.onnx && ln -s /f/aa plan.txt"
    )
