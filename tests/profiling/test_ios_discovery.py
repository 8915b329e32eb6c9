"""The devices and the app that ``--device ios`` finds, as ``xcrun devicectl`` lists them."""

from __future__ import annotations

from typing import Any

import pytest

from act_artefact.errors import UserError
from act_profiling.devices.ios import open_named
from act_profiling.devices.ios.discovery import APP
from tests.profiling.mac import PHONE, ROOT, SIMULATED, WATCH, Mac, Phones


def changed(part: str, **values: str) -> dict[str, Any]:
    """The iPhone with other properties."""
    return {**PHONE, part: {**PHONE[part], **values}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("no devicectl", "choose an Xcode with sudo xcode-select"),
        ("no app", "ios:Ada’s iPhone: the demo app is not installed: open ios_demo/ActDemo"),
        ("no app", "choose a bundle identifier that ends in .actmobile.demo, and run"),
    ],
)
def test_what_is_missing_is_said_before_anything_runs(mac: Mac, fault: str, reason: str) -> None:
    mac(fault)
    with pytest.raises(UserError, match=reason):
        open_named("", runtime=None, keep=False)


def test_the_readme_names_the_identifier_that_is_looked_for() -> None:
    steps = (ROOT / "ios_demo" / "README.md").read_text().partition("## What runs a model")[0]
    assert f"ends in\n   `.{APP}`" in steps
    assert f"PRODUCT_BUNDLE_IDENTIFIER: io.{APP}" in (ROOT / "ios_demo/project.yml").read_text()


OTHER = {**changed("deviceProperties", name="Eve’s iPad"), "identifier": "2"}


@pytest.mark.parametrize(
    ("phones", "which", "reason"),
    [
        ([], "", "Xcode knows no iPhone or iPad: connect it by cable"),
        ([WATCH, SIMULATED], "", "Xcode knows no iPhone or iPad: connect"),
        ([PHONE], "Bob", "knows no iPhone or iPad 'Bob'"),
        (
            [PHONE, OTHER],
            "",
            "2 devices: use ios:1111.*Ada’s iPhone. or ios:2 .Eve’s iPad",
        ),
        (
            # As devicectl shows it: never connected.
            [
                {
                    **changed("deviceProperties", osVersionNumber="16.7.10"),
                    **{"connectionProperties": {"tunnelState": "unavailable"}},
                }
            ],
            "",
            "ios:Ada’s iPhone: has iOS 16.7.10: devicectl reaches iOS 17 and newer",
        ),
        ([changed("connectionProperties", pairingState="unpaired")], "", "is unpaired: unlock it"),
        ([changed("connectionProperties", tunnelState="unavailable")], "", "is not connected"),
        (
            [changed("deviceProperties", developerModeStatus="disabled")],
            "",
            "Developer Mode is off",
        ),
        (
            [{"identifier": 3}],
            "",
            "devicectl list devices: its answer: result.devices.0..identifier: expected str",
        ),
        ([{}], "", "its answer: result.devices.0.: object missing"),
    ],
)
def test_devices_that_cannot_be_used(mac: Mac, phones: Phones, which: str, reason: str) -> None:
    mac("", phones)
    with pytest.raises(UserError, match=reason):
        open_named(which, runtime=None, keep=False)


@pytest.mark.parametrize("which", ["2", "Eve’s iPad"])
def test_one_of_several_is_chosen(mac: Mac, which: str) -> None:
    mac("", [PHONE, OTHER])
    (device,) = open_named(which, runtime=None, keep=False)
    assert device.name == "ios:Eve’s iPad"


def test_one_that_is_away_is_no_choice(mac: Mac) -> None:
    away = changed("connectionProperties", tunnelState="unavailable")
    mac("", [PHONE, {**away, "identifier": "2"}])
    (device,) = open_named("", runtime=None, keep=False)
    assert device.name == "ios:Ada’s iPhone"
