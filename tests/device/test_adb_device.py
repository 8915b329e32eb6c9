"""The real adb against the double: a device that behaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_profiling.adb import Adb
from act_profiling.adb.discovery import connect, find
from act_profiling.devices import Job, Settings
from act_profiling.devices.adb import AdbDevice
from act_profiling.operators import Operator
from act_profiling.programs import Programs
from tests.device.conftest import CALLS, ONCE, measured
from tests.device.double import Double

pytestmark = pytest.mark.device

Orders = Callable[..., Programs]


def test_run_measures_every_call_once(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    with AdbDevice(adb, double.serial, standin()) as device:
        outcome = device.run(job, Settings(), tmp_path / "rows.bin")
    assert measured(outcome.rows) == ONCE
    assert outcome.facts["runtime"] == "stand-in 1"
    assert outcome.facts["calls"] == CALLS
    assert outcome.facts["thermal"]["before"]["status"] == 0
    assert outcome.resumed == 0
    assert outcome.notes == ()
    assert double.left_behind() == []


def test_runs_one_after_the_other(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    with AdbDevice(adb, double.serial, standin()) as device:
        for number in range(3):
            device.run(job, Settings(), tmp_path / f"rows{number}.bin")
            assert measured(tmp_path / f"rows{number}.bin") == ONCE
    model = (job.folder / "model.onnx").stat().st_size
    assert sum(double.pushed.values()) < 2 * model, "it was pushed once"


def test_the_runner_gets_its_options(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    settings = Settings(threads=2, cpus="little", warmup=3, min_count=50, memory=True)
    with AdbDevice(adb, double.serial, standin()) as device:
        device.run(job, settings, tmp_path / "rows.bin")
    (run,) = (command for command in double.commands if "./act-runner" in command)
    assert (
        "./act-runner plan.txt data.bin rows.bin --library ./library.so --threads 2 --warmup 3 "
        "--min-count 50 --min-seconds 0 --keep ponder --cpus f --memory --from 0 >"
        in " ".join(run.split())
    )


def test_operators_are_read_from_the_profile_on_the_device(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    with AdbDevice(adb, double.serial, standin()) as device:
        outcome = device.run(job, Settings(operators=True), tmp_path / "rows.bin")
        assert device.run(job, Settings(), tmp_path / "rows.bin").operators == ()
    assert outcome.operators == (Operator("Gemm", 4 * 80_000 / CALLS, 4 / CALLS),)
    assert double.left_behind() == []


def test_describe(double: Double, adb: Adb, standin: Orders) -> None:
    with AdbDevice(adb, double.serial, standin()) as device:
        described = device.describe()
    assert described["name"] == f"adb:{double.serial}"
    assert described["identity"] == "act-mobile Double 8, QEMU double, Android 14"
    assert described["masks"] == {"big": "f0", "little": "f"}
    assert described["cores"][7]["max_khz"] == 2_200_000
    assert described["cores"][0]["governor"] == "schedutil"
    assert (described["battery_percent"], described["charging"]) == (83, True)
    assert described["screen"] == "Awake"
    assert described["thermal"]["celsius"] == {"cpu-0-0": 41.0, "skin": 33.2}


def test_fixed_performance_mode_is_entered_and_left(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    with AdbDevice(adb, double.serial, standin()) as device:
        assert double.fixed_performance() == []
        outcome = device.run(job, Settings(), tmp_path / "rows.bin")
        assert double.fixed_performance() == ["true"]
    assert outcome.facts["fixed_performance"] is True
    assert double.fixed_performance() == ["true", "false"]


def test_no_fixed_performance_mode(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    (double.folder / "vendor/bin/cmd").write_text("#!/bin/sh\necho 'Unknown command'\nexit 255\n")
    with AdbDevice(adb, double.serial, standin()) as device:
        outcome = device.run(job, Settings(), tmp_path / "rows.bin")
    assert outcome.facts["fixed_performance"] is False
    assert double.left_behind() == []


def test_waits_until_it_is_cool(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    thermal = double.folder / "vendor/dumpsys/thermalservice"
    cool = thermal.read_text()
    thermal.write_text(cool.replace("Status: 0", "Status: 2"))
    until = time.monotonic() + 1.5
    double.when(lambda: time.monotonic() > until, lambda: thermal.write_text(cool))
    with AdbDevice(adb, double.serial, standin(), cool_seconds=8) as device:
        outcome = device.run(job, Settings(), tmp_path / "rows.bin")
    assert outcome.facts["thermal"]["before"]["status"] == 0
    assert outcome.notes == ()


def test_throttled_while_it_runs(
    double: Double, adb: Adb, job: Job, standin: Orders, tmp_path: Path
) -> None:
    limit = double.folder / "sys/devices/system/cpu/cpu7/cpufreq/scaling_max_freq"
    double.when(double.rows(100), lambda: limit.write_text("900000\n"))
    with AdbDevice(adb, double.serial, standin(pause=0.03)) as device:
        outcome = device.run(job, Settings(), tmp_path / "rows.bin")
    assert outcome.facts["thermal"]["during"]["limited_cores"] == 1
    assert [note for note in outcome.notes if note.startswith("throttled: ")]


def test_serial_from_the_environment(adb: Adb, double: Double, tmp_path: Path) -> None:
    with Double(tmp_path / "other") as other:
        connect(adb, other.serial)
        chosen = Adb({**adb.environment, "ANDROID_SERIAL": other.serial})
        assert [device.serial for device in find(chosen, "adb")] == [other.serial]
        adb.call(["disconnect", other.serial])


def test_connects_to_an_address_by_itself(adb: Adb, tmp_path: Path) -> None:
    with Double(tmp_path / "phone") as far:
        assert [device.serial for device in find(adb, f"adb:{far.serial}")] == [far.serial]
        adb.call(["disconnect", far.serial])


def test_programs_that_there_are_not(double: Double, adb: Adb, job: Job, tmp_path: Path) -> None:
    def none(target: str, abis: object) -> object:
        raise UserError(f"no {target} runtime for {abis}")

    with (
        AdbDevice(adb, double.serial, none) as device,  # type: ignore[arg-type]
        pytest.raises(UserError, match="no onnx runtime for .*arm64-v8a"),
    ):
        device.run(job, Settings(), tmp_path / "rows.bin")
