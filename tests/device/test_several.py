"""Several phones at once: each measured while the others are, each left as it was."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from act_artefact.errors import CheckFailed
from act_profiling.adb import Adb
from act_profiling.adb.discovery import connect
from act_profiling.devices import Device, Interrupted, Job, Settings
from act_profiling.devices.adb import AdbDevice, open_phones
from act_profiling.ending import on_each
from act_profiling.programs import Programs
from tests.device.conftest import ONCE, measured
from tests.device.double import Double

pytestmark = pytest.mark.device

Orders = Callable[..., Programs]


@pytest.fixture
def other(tmp_path: Path, adb: Adb) -> Iterator[Double]:
    with Double(tmp_path / "other") as device:
        connect(adb, device.serial)
        yield device
    adb.call(["disconnect", device.serial])


@pytest.fixture
def opened(
    adb: Adb, double: Double, other: Double, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Programs], list[AdbDevice]]]:
    """Opens both with ``adb:all``, and closes them."""
    monkeypatch.setattr("os.environ", adb.environment)
    devices: list[AdbDevice] = []

    def open_both(programs: Programs) -> list[AdbDevice]:
        devices.extend(open_phones("adb:all", programs, cool_seconds=0))
        assert {d.name for d in devices} == {f"adb:{d.serial}" for d in (double, other)}
        return devices

    yield open_both
    for device in devices:
        device.close()


def test_they_are_measured_at_once(
    opened: Callable[[Programs], list[AdbDevice]], job: Job, standin: Orders, tmp_path: Path
) -> None:
    """Each runner waits for the other's: one after the other, neither would come to its end."""
    (tmp_path / "meet").mkdir()

    def measure(device: Device, number: int) -> list[tuple[int, int]]:
        return measured(device.run(job, Settings(), tmp_path / f"rows{number}").rows)

    programs = standin(meet=str(tmp_path / "meet"))
    assert on_each(opened(programs), measure) == ([ONCE, ONCE], [])


def test_one_that_fails_does_not_stop_the_other(
    opened: Callable[[Programs], list[AdbDevice]], job: Job, standin: Orders, tmp_path: Path
) -> None:
    failed = threading.Event()

    def measure(device: Device, number: int) -> list[tuple[int, int]]:
        if number == 0:
            failed.set()
            raise CheckFailed("it broke")
        assert failed.wait(30)
        return measured(device.run(job, Settings(), tmp_path / "rows").rows)

    done, errors = on_each(opened(standin()), measure)
    assert done == [ONCE]
    assert [str(error) for error in errors] == ["it broke"]


def test_ctrl_c_ends_both_and_leaves_both_clean(
    opened: Callable[[Programs], list[AdbDevice]],
    double: Double,
    other: Double,
    job: Job,
    standin: Orders,
    tmp_path: Path,
) -> None:
    ended = []

    def measure(device: Device, number: int) -> None:
        try:
            device.run(job, Settings(min_seconds=40), tmp_path / f"rows{number}")
        except Interrupted:
            ended.append(number)
            raise

    devices = opened(standin(pause=0.01))
    both = (double.rows(400), other.rows(400))
    ctrl_c = partial(os.kill, os.getpid(), signal.SIGINT)
    double.when(lambda: all(each() for each in both), ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        on_each(devices, measure)
    assert sorted(ended) == [0, 1]
    for device in devices:
        device.close()
    for phone in (double, other):
        assert phone.left_behind() == []
        assert not phone.runs()
        assert phone.fixed_performance() == ["true", "false"]
