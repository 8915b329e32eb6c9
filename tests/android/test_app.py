"""The demo's app on a Java virtual machine, with real inference: life, pictures, benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_artefact.files import copy
from act_artefact.golden import read_golden
from act_artefact.manifest import read_manifest
from act_profiling.golden import check_golden, device_calls
from act_profiling.job import write_data, write_plan
from act_profiling.rows import read_rows
from tests.android.api import is_listed
from tests.android.apk import APP
from tests.android.classfile import references
from tests.android.jars import (
    act_android,
    app,
    compiled_tests,
    framework,
    litert,
    resources,
    runtime_environment,
    runtime_jars,
)
from tests.android.models import exports
from tests.android.package import from_dex
from tests.android.pictures import draw
from tests.android.spoilt import with_spoilt
from tests.android.toolchain import junit, kotlin_library, need

pytestmark = pytest.mark.android


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("npm", "java", "javac", "cmake", "aapt2")


LIVES = ("AppTest", "MazeTest", "OpeningTest", "OwnModelsTest")


def test_the_activity_lives(tmp_path: Path) -> None:
    """Also 200 random sequences of events."""
    _lives(tmp_path, [*runtime_jars(), compiled_tests()], 200)


def test_the_activity_lives_on_the_bytecode_of_the_apk(tmp_path: Path) -> None:
    """``classes.dex``, translated back for a JVM, in place of what Kotlin's compiler wrote.

    But for the class R, whose names the fakes of the framework look up and a DEX file has not, and
    Kotlin's library, of which enjarify translates some interfaces to what a JVM does not take.
    """
    need("enjarify")
    own = [resources(), kotlin_library()]
    _lives(tmp_path, [*own, from_dex(), framework(), litert(), compiled_tests()], 10)


def _lives(scratch: Path, jars: list[Path], sequences: int) -> None:
    properties, variables = runtime_environment(scratch)
    given = {**properties, "models": with_spoilt(scratch / "models"), "app": APP}
    given |= {"java.awt.headless": "true", "sequences": str(sequences)}
    printed = junit([f"io.actmobile.tests.{name}" for name in LIVES], jars, given, variables)
    assert "OK (28 tests)" in printed


def test_pictures_are_drawn(tmp_path: Path) -> None:
    assert "OK (7 tests)" in draw(tmp_path)
    assert len(list(tmp_path.glob("screen-*.png"))) == 12
    assert len(list(tmp_path.iterdir())) == 30


JOBS = (
    "charlm-onnx-loop-fp32-budget",
    "charlm-onnx-host-fp32",
    "charlm-tflite-loop-fp32-budget",
    "charlm-native-loop-fp32-budget",
    "parity-onnx-loop-fp32-T4-B2",
    "parity-native-loop-fp32-T4-B2",
    "maze-tflite-loop-fp32-budget",
    "maze-native-loop-fp32-budget",
)
"""Every runtime, and what jobs may have: parts of the host form, batches, several steps, images."""


def test_the_entry_writes_the_runners_rows(tmp_path: Path) -> None:
    """Golden bundles as the jobs that act-profile makes of them, answered as it asks for."""
    jobs = tmp_path / "jobs"
    bundles = {}
    for name in JOBS:
        folder = jobs / name
        folder.mkdir(parents=True)
        manifest = read_manifest(exports() / name / "model.manifest.json")
        copy(exports() / name / manifest.artefact, folder / manifest.artefact)
        bundles[name] = manifest, read_golden(manifest, exports() / name)
        write_plan(folder / "plan.txt", manifest)
        write_data(folder / "data.bin", manifest, device_calls(*bundles[name]))
    properties, variables = runtime_environment(tmp_path)
    given = {**properties, "jobs": jobs, "home": tmp_path / "phone", "app": APP}
    jars = [*runtime_jars(), compiled_tests()]
    printed = junit(["io.actmobile.tests.BenchmarkTest"], jars, given, variables)
    assert "OK (4 tests)" in printed
    for name, (manifest, bundle) in bundles.items():
        rows = list(read_rows(jobs / name / "measured.bin", manifest, "all"))
        check = check_golden(bundle, rows)
        assert check.passed, (name, check)
        assert all(row.nanoseconds > 0 for row in rows)


def test_what_the_app_calls_is_androids_public_api() -> None:
    """By the signatures of Android 10, beside which newer ones have lost none of these."""
    called = {*references(app()), *references(act_android())}
    assert len(called) > 100
    assert not sorted(call for call in called if not is_listed(call))
