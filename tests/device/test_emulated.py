"""The real adb against the emulated phone: arm64 programs, and a phone that is left clean."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from act_artefact.errors import UserError
from act_artefact.golden import read_golden
from act_export.api import Options, export
from act_profiling.adb import Adb, Connection
from act_profiling.adb.client import DeviceGone
from act_profiling.devices import Job, Settings
from act_profiling.devices.adb import AdbDevice
from act_profiling.devices.emulated.device import EmulatedDevice
from act_profiling.devices.emulated.emulation import Emulation
from act_profiling.devices.emulated.namespace import Machine, Unavailable
from act_profiling.golden import check_golden, device_calls
from act_profiling.job import Call, write_data, write_plan
from act_profiling.programs import DeviceProgram, device_programs
from act_profiling.rows import read_rows
from act_profiling.variants import Artefact, open_artefact

pytestmark = pytest.mark.device

BOTH_CPUS = pytest.mark.parametrize("phone", ["cortex-a76", "cortex-a53"], indirect=True)
CHARLM = Path(__file__).parents[2] / "models" / "charlm"


@pytest.fixture(scope="module")
def phone(request: pytest.FixtureRequest) -> Iterator[Emulation]:
    try:
        emulation = Emulation(getattr(request, "param", "cortex-a76")).__enter__()
    except Unavailable as error:
        pytest.skip(str(error))
    yield emulation
    emulation.__exit__()


@pytest.fixture(scope="module")
def artefact(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    target = getattr(request, "param", "onnx")
    folder = tmp_path_factory.mktemp(target)
    options = Options(ponder="loop", samples=20)
    data = CHARLM / "eval.npz"
    (made,) = export(CHARLM / "model.pt", target, output=folder, data=data, options=options)
    return open_artefact(made.path)


@pytest.fixture
def connection(phone: Emulation) -> Connection:
    return Connection(phone.adb, phone.serial)


def golden_job(artefact: Artefact, folder: Path) -> Job:
    manifest = artefact.manifest
    folder.mkdir()
    (folder / manifest.artefact).write_bytes(artefact.path.read_bytes())
    calls = device_calls(manifest, read_golden(manifest, artefact.path.parent))
    write_plan(folder / "plan.txt", manifest)
    write_data(folder / "data.bin", manifest, calls)
    return Job(folder, manifest.target, tuple(range(len(calls))))


@BOTH_CPUS
@pytest.mark.parametrize("artefact", ["onnx", "tflite", "native"], indirect=True)
def test_golden_bundle_in_arm64(phone: Emulation, artefact: Artefact, tmp_path: Path) -> None:
    """Connect, push, run, pull; the model's answers; and nothing is left."""
    manifest, job = artefact.manifest, golden_job(artefact, tmp_path / "job")
    with AdbDevice(phone.adb, phone.serial, device_programs()) as device:
        outcome = device.run(job, Settings(keep="all", warmup=0, cpus="big"), tmp_path / "rows")
    bundle = read_golden(manifest, artefact.path.parent)
    check = check_golden(bundle, read_rows(outcome.rows, manifest, "all"))
    assert check.passed, check.reason
    runtimes = ("onnxruntime", "LiteRT", "litert", "act-engine")
    assert str(outcome.facts["runtime"]).startswith(runtimes)
    assert list((phone.folder / "data/local/tmp").iterdir()) == []


def stream_job(artefact: Artefact, folder: Path) -> Job:
    """Eight sequences of twenty-five characters, a call each, the state fed back."""
    manifest = artefact.manifest
    folder.mkdir()
    (folder / manifest.artefact).write_bytes(artefact.path.read_bytes())
    first_calls = tuple(range(0, 200, 25))
    text = np.random.default_rng(0).integers(32, 127, (200, 1), np.int32)
    calls = [Call(text[i], np.array([i in first_calls])) for i in range(200)]
    write_plan(folder / "plan.txt", manifest)
    write_data(folder / "data.bin", manifest, calls)
    return Job(folder, manifest.target, first_calls)


@pytest.mark.parametrize("artefact", ["onnx", "tflite", "native"], indirect=True)
def test_resumed_run_gives_the_same_answers(
    phone: Emulation, artefact: Artefact, tmp_path: Path
) -> None:
    """The cable falls out while the real runner runs; nothing is lost, doubled or different."""
    job = stream_job(artefact, tmp_path / "job")
    written = phone.folder / "data/local/tmp/act-profile/job/rows.bin"

    def fall_out() -> None:
        once = whole.rows.stat().st_size
        while not (written.exists() and written.stat().st_size > once):
            time.sleep(0.005)
        phone.daemon.vanish()
        time.sleep(0.5)
        phone.daemon.listen()

    with AdbDevice(phone.adb, phone.serial, device_programs()) as device:
        whole = device.run(job, Settings(), tmp_path / "whole")
        falling = threading.Thread(target=fall_out)
        falling.start()
        cut = device.run(job, Settings(min_seconds=5), tmp_path / "cut")
        falling.join()
    answers = {row.call: row for row in read_rows(whole.rows, artefact.manifest, "ponder")}
    rows = list(read_rows(cut.rows, artefact.manifest, "ponder"))
    assert sorted(answers) == list(range(200))
    assert cut.resumed == 1
    assert [(row.repeat, row.call) for row in rows] == [divmod(i, 200) for i in range(len(rows))]
    for row in rows:
        assert row.digest == answers[row.call].digest
        for name, values in row.outputs.items():
            np.testing.assert_array_equal(values, answers[row.call].outputs[name])


@BOTH_CPUS
def test_is_a_phone_to_those_who_look(phone: Emulation, connection: Connection) -> None:
    assert connection.output("uname -m").strip() == "aarch64"
    assert "CPU part\t: 0xd0" in connection.output("cat /proc/cpuinfo")
    assert connection.output("getprop ro.product.cpu.abi").strip() == "arm64-v8a"
    with AdbDevice(phone.adb, phone.serial, device_programs()) as device:
        described = device.describe()
    assert described["soc"].startswith("QEMU emulated-cortex-a")
    assert described["masks"] == {"big": "3", "little": None}
    assert described["thermal"]["status"] == 0


def test_exit_codes(connection: Connection) -> None:
    assert connection.run("exit 7").code == 7
    assert connection.run("sh -c 'kill -9 $$'").code == 137
    assert connection.run("no-such-program").code == 127


def test_files_there_and_back(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 20_000)
    adb, serial = connection.adb, connection.serial
    assert adb.call(["-s", serial, "push", str(file), "/data/local/tmp/there"]).code == 0
    assert adb.call(["-s", serial, "pull", "/data/local/tmp/there", f"{file}.back"]).code == 0
    assert Path(f"{file}.back").read_bytes() == file.read_bytes()
    connection.output("rm /data/local/tmp/there")
    refused = adb.call(["-s", serial, "push", str(file), "/system/bin/sh"])
    assert refused.code != 0
    assert "Read-only file system" in refused.stdout + refused.stderr


def test_paths_do_not_leave_the_phone(phone: Emulation, connection: Connection) -> None:
    connection.output("ln -s ../../../../../../../etc /data/local/tmp/up")
    pulled = phone.folder / "pulled"
    call = ["-s", phone.serial, "pull", "/data/local/tmp/up/passwd", str(pulled)]
    phone.adb.call(call)
    assert pulled.read_text() == "root:x:0:0::/:/system/bin/sh\n"
    connection.output("rm /data/local/tmp/up")


def test_wrong_abi(phone: Emulation, artefact: Artefact, tmp_path: Path) -> None:
    """A program for 32-bit ARM, which this phone does not run."""
    library = tmp_path / "library.so"
    library.touch()
    runner = tmp_path / "act-runner"
    runner.write_bytes(b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\x00\x28\x00" + bytes(60))
    program = DeviceProgram(
        {"act-runner": runner, "library.so": library}, ("./act-runner",), library.name
    )
    job = golden_job(artefact, tmp_path / "job")
    with (
        AdbDevice(phone.adb, phone.serial, lambda target, abis: program) as device,
        pytest.raises(UserError, match="does not start.*must be built for arm64-v8a"),
    ):
        device.run(job, Settings(), tmp_path / "rows")


def test_library_that_is_not_one(phone: Emulation, artefact: Artefact, tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "libonnxruntime.so").write_bytes(b"\x7fELF but no more")
    programs = device_programs(tmp_path / "runtime")
    job = golden_job(artefact, tmp_path / "job")
    with (
        AdbDevice(phone.adb, phone.serial, programs) as device,
        pytest.raises(UserError, match="libonnxruntime.so.*--runtime"),
    ):
        device.run(job, Settings(), tmp_path / "rows")


def test_device_goes_with_its_phone() -> None:
    """Closing it ends the phone, its adb server and all that it ran."""
    try:
        device = EmulatedDevice()
    except Unavailable as error:
        pytest.skip(str(error))
    connection: Connection = device._connection
    connection.output("sleep 1000 > /dev/null 2>&1 & true")
    device.close()
    assert device.name == "emulated:cortex-a76"
    assert not device.reports_latency
    with pytest.raises(DeviceGone):
        connection.run("true")
    connection.adb.call(["kill-server"])  # the call above started one
    asleep = subprocess.run(["pgrep", "-f", "sleep 1000"], capture_output=True, check=False)
    assert asleep.stdout == b""


def test_no_such_phone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no emulated cortex-x9: there is cortex-a76, cortex-a53"):
        Emulation("cortex-x9")
    with (
        pytest.raises(Unavailable, match="make emulated-device"),
        Emulation("cortex-a76", tmp_path / "no-root"),
    ):
        raise AssertionError("it was entered")


def test_namespaces_are_not_permitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said, nothing else is tried."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "unshare").write_text(
        "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n"
    )
    (tools / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    with (
        pytest.raises(Unavailable, match="Operation not permitted: it needs user namespaces"),
        Machine(tmp_path, "cortex-a76", {}, tmp_path),
    ):
        raise AssertionError("it was entered")


def test_adb_is_the_real_one(adb: Adb) -> None:
    assert "Android Debug Bridge" in adb.call(["version"]).stdout
