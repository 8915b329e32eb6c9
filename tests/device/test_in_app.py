"""``act-profile --device adb --in-app``: the app itself on a JVM, behind adb and a phone double."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_profiling import profile
from act_profiling.adb import Adb
from act_profiling.config import MeasureConfig
from act_profiling.devices import Job, Settings
from act_profiling.devices.app import ACTIVITY, AppDevice, app_programs
from tests.android.apk import APP
from tests.android.jars import compiled_tests, runtime_environment, runtime_jars
from tests.android.models import MODELS, exports
from tests.android.toolchain import debian_jars, kotlin_library, need
from tests.device.double import Double
from tests.profiling.test_equality import other_weights

CHARLM = "charlm-onnx-loop-fp32-budget"


@pytest.fixture
def device(adb: Adb, double: Double) -> AppDevice:
    return AppDevice(adb, double.serial, app_programs(), cool_seconds=0)


@pytest.mark.android
def test_a_profile_in_the_app(device: AppDevice, double: Double, tmp_path: Path) -> None:
    """Checked against the golden bundle first, judged, timed; the phone is left clean."""
    need("npm", "java", "javac", "cmake", "aapt2")
    files = double.folder / "sdcard/Android/data/io.actmobile.demo/files"
    (tmp_path / "home").mkdir()
    (tmp_path / "home/external").symlink_to(files)
    properties, variables = runtime_environment(tmp_path)
    given = {**properties, "home": tmp_path / "home", "app": APP}
    words = ["env", *(f"{name}={value}" for name, value in variables.items()), "java", "-Xmx1g"]
    words += [f"-D{name}={value}" for name, value in given.items()]
    jars = [*runtime_jars(), compiled_tests(), kotlin_library(), *debian_jars()]
    words += ["-cp", os.pathsep.join(map(str, jars)), "io.actmobile.tests.InApp"]
    double.install_app(words)
    good = exports() / CHARLM
    bad = other_weights(good, tmp_path / "bad", 10.0)
    config = MeasureConfig(rounds=1, min_count=1, min_seconds=0, warmup=2)
    with device:
        artefacts = [good / "model.onnx", bad]
        data = MODELS / "charlm/eval.npz"
        report = profile(artefacts, data, device, items=1, config=config)

    measured, failed = report["variants"]
    assert measured["golden"]["passed"]
    assert measured["ponder_steps"]["mean"] > 1
    assert measured["metric"]["value"] > 0
    assert measured["latency"]["per_call"]["p50"] > 0
    assert not failed["golden"]["passed"]
    assert "in io.actmobile.demo" in report["device"]["identity"]
    assert "as io.actmobile.demo makes it" in report["provenance"]["boundary"]
    assert report["provenance"]["versions"]["runtimes"].startswith("ONNX Runtime 1.")
    assert double.left_behind() == []
    started = [command for command in double.commands if ACTIVITY in command]
    assert started


@pytest.mark.device
def test_no_app(device: AppDevice, double: Double, job: Job, tmp_path: Path) -> None:
    double.know_apps()
    with device, pytest.raises(UserError, match="is not on the device: build and install"):
        device.run(job, Settings(), tmp_path / "rows.bin")
    assert double.left_behind() == []


@pytest.mark.device
@pytest.mark.parametrize(
    ("settings", "words"),
    [(Settings(threads=2), "on one thread"), (Settings(cpus="3"), "no --cpus: leave it out")],
)
def test_what_the_app_has_not(
    device: AppDevice, double: Double, job: Job, tmp_path: Path, settings: Settings, words: str
) -> None:
    double.install_app(["true"])
    with device, pytest.raises(UserError, match=words):
        device.run(job, settings, tmp_path / "rows.bin")
