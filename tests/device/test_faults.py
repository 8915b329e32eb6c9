"""Faults between a phone and us: one clear line, or a resumed run; never a row too few.

The real adb, against a device double that fails on request.
"""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from act_artefact.command import ended_by_signals
from act_artefact.errors import CheckFailed, UserError
from act_profiling.adb import Adb, session, watch
from act_profiling.adb.discovery import connect, find
from act_profiling.adb.transfer import sha256
from act_profiling.devices import Job, Outcome, Settings
from act_profiling.devices.adb import AdbDevice
from act_profiling.devices.app import AppDevice
from act_profiling.programs import Programs
from tests.device.conftest import CALLS, ONCE, ROW_SIZE, SEQUENCE, measured
from tests.device.double import Double, Faults

pytestmark = pytest.mark.device

Orders = Callable[..., Programs]
SLOWLY = 0.03
"""Seconds a call, where something is to happen within a run."""
MIDWAY = 8 + 12 * ROW_SIZE
"""Bytes of rows.bin, when something happens within a run."""


class Result(NamedTuple):
    places: list[tuple[int, int]]
    """(repeat, call) of every row."""
    outcome: Outcome


Run = Callable[..., Result]


@pytest.fixture(params=[AdbDevice, AppDevice], ids=["runner", "app"])
def kind(request: pytest.FixtureRequest) -> type[AdbDevice]:
    """Devices whose jobs run in act-runner, or in the app for ``--in-app``."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def standin(kind: type[AdbDevice], request: pytest.FixtureRequest) -> Orders:
    """The programs of this kind, whose runner is the stand-in."""
    name = "standin_in_app" if kind is AppDevice else "standin_runner"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


runner_alone = pytest.mark.parametrize("kind", [AdbDevice], indirect=True)
"""For what an app does not have, a program of ours for a kind of machine, and for what takes ten
seconds and knows nothing of what runs the job."""


@pytest.fixture
def run(double: Double, adb: Adb, job: Job, tmp_path: Path, kind: type[AdbDevice]) -> Run:
    """Run the job on the double."""

    def measure(programs: Programs, **settings: Any) -> Result:
        with kind(adb, double.serial, programs, patience=5, cool_seconds=0) as device:
            outcome = device.run(job, Settings(**settings), tmp_path / "rows.bin")
        return Result(measured(outcome.rows), outcome)

    return measure


def fails(error: type[Exception], *words: str) -> AbstractContextManager[object]:
    """One line with these words in it, in this order."""
    return pytest.raises(error, match=r"^[^\n]*" + r"[^\n]*".join(words) + r"[^\n]*$")


# Before there is a device.


def test_no_adb(tmp_path: Path) -> None:
    with fails(UserError, "adb is not on PATH", "install"):
        Adb({"PATH": str(tmp_path)})


def test_no_device(adb: Adb) -> None:
    with fails(UserError, "no device", "USB debugging"):
        find(adb, "adb")


def test_several_devices_and_no_serial(adb: Adb, double: Double, tmp_path: Path) -> None:
    with Double(tmp_path / "other") as other:
        connect(adb, other.serial)
        with fails(UserError, "2 devices: say which"):
            find(adb, "adb")
        assert {d.serial for d in find(adb, "adb:all")} == {double.serial, other.serial}
        assert [d.serial for d in find(adb, f"adb:{other.serial}")] == [other.serial]
        adb.call(["disconnect", other.serial])


def test_nothing_at_the_address(adb: Adb) -> None:
    with fails(UserError, "127.0.0.1:9 cannot be reached", "refused"):
        find(adb, "adb:127.0.0.1:9")


def test_no_such_serial(adb: Adb, double: Double) -> None:
    with fails(UserError, "no device R58M", f"there is adb:{double.serial}"):
        find(adb, "adb:R58M")


def test_unauthorized(adb: Adb, tmp_path: Path) -> None:
    with Double(tmp_path / "phone", Faults(unauthorized=True)) as double:
        with fails(UserError, "is unauthorized", "allow USB debugging"):
            find(adb, f"adb:{double.serial}")
        adb.call(["disconnect", double.serial])


def test_offline(adb: Adb, tmp_path: Path) -> None:
    with Double(tmp_path / "phone", Faults(silent=True)) as double:
        with fails(UserError, "offline|cannot be reached"):
            find(adb, f"adb:{double.serial}")
        adb.call(["disconnect", double.serial])


@runner_alone
def test_in_use(adb: Adb, double: Double, standin: Orders) -> None:
    with (
        AdbDevice(adb, double.serial, standin()),
        fails(UserError, "another act-profile measures on it"),
    ):
        AdbDevice(adb, double.serial, standin())


# Files on their way.


@pytest.mark.parametrize("at", [1, 70_000, 200_000, 300_500])
def test_cut_while_pushing(double: Double, run: Run, standin: Orders, at: int) -> None:
    double.faults.drop_after = at
    assert run(standin()).places == ONCE
    assert double.left_behind() == []


@pytest.mark.parametrize("before_end", [50, 500, 1500, 3000, 6000])
def test_cut_elsewhere(
    double: Double, run: Run, standin: Orders, before_end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the device is asked what it is, runs, is pulled from, is cleaned."""
    # Both runs pass as many bytes: none of them lasts for as long as a report's interval.
    monkeypatch.setattr(session, "BEAT_SECONDS", 3.0)
    before = double.passed_bytes
    assert run(standin()).places == ONCE
    once = double.passed_bytes - before
    double.passed_bytes, double.faults.drop_after = 0, once - before_end
    assert run(standin()).places == ONCE
    assert double.faults.drop_after == 0, "it was cut"
    assert double.left_behind() == []


def test_cut_at_every_push(double: Double, run: Run, standin: Orders) -> None:
    double.faults = Faults(drop_after=100_000, drop_each_time=True)
    with fails(UserError, double.serial, "model.onnx|cut short"):
        run(standin())


@runner_alone
def test_what_arrived_is_not_pushed_again(
    double: Double, run: Run, standin: Orders, job: Job, tmp_path: Path
) -> None:
    model, runner = job.folder / "model.onnx", tmp_path / "act-runner"
    model.write_bytes(10 * model.read_bytes())
    double.faults.drop_after = 2_000_000
    run(standin())
    assert _pushed(double, model) > model.stat().st_size
    assert _pushed(double, runner) == runner.stat().st_size


@runner_alone
def test_kept_files_are_not_pushed_again(
    double: Double, adb: Adb, job: Job, run: Run, standin: Orders, tmp_path: Path
) -> None:
    with AdbDevice(adb, double.serial, standin(), keep=True) as device:
        device.run(job, Settings(), tmp_path / "rows.bin")
    assert [name for name in double.left_behind() if name.startswith("act-profile/files/")]
    assert [name for name in double.left_behind() if name.startswith("act-profile/job")] == []
    run(standin())
    model = job.folder / "model.onnx"
    assert _pushed(double, model) == model.stat().st_size
    assert double.left_behind() == []


def _pushed(double: Double, file: Path) -> int:
    """Bytes of a file that were pushed."""
    return sum(size for path, size in double.pushed.items() if sha256(file) in path)


def test_full_disk(double: Double, run: Run, standin: Orders) -> None:
    double.faults.full_after = 100_000
    with fails(UserError, "no space left for model.onnx", "free some"):
        run(standin())
    assert double.left_behind() == []


def test_a_bit_flips_once(double: Double, run: Run, standin: Orders) -> None:
    double.faults.corrupt_pushes = 1
    assert run(standin()).places == ONCE


def test_bits_flip_always(double: Double, run: Run, standin: Orders) -> None:
    double.faults.corrupt_pushes = 1000
    with fails(UserError, "is not what was sent", "another cable"):
        run(standin())


def test_pulled_rows_are_not_what_is_there(double: Double, run: Run, standin: Orders) -> None:
    double.faults.corrupt_pulls = True
    with fails(CheckFailed, "rows.bin does not arrive"):
        run(standin())


# The runner.


@pytest.mark.parametrize(
    ("code", "reason", "error", "words"),
    [
        (2, "plan.txt: no output", UserError, "plan.txt: no output"),
        (3, "libonnxruntime.so: no OrtGetApiBase", UserError, "OrtGetApiBase: give .* --runtime"),
        (4, "operator Loop 25 is not known", UserError, "Loop 25 is not known: export again"),
        (5, "call 7 failed", CheckFailed, "call 7 failed"),
        (6, "rows.bin: no space left", UserError, "no space left: free space"),
        (126, "not executable: 64-bit ELF file", UserError, "must be built for arm64-v8a"),
        (139, "", CheckFailed, "the runner crashed .SIGSEGV."),
    ],
)
def test_runner_fails(
    run: Run, standin: Orders, code: int, reason: str, error: type[Exception], words: str
) -> None:
    with fails(error, "adb:127.0.0.1", words):
        run(standin(exit=code, reason=reason))


@runner_alone
def test_wrong_abi(run: Run, standin: Orders, tmp_path: Path) -> None:
    programs = standin()
    (tmp_path / "act-runner").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(60))
    with fails(UserError, "does not start", "arm64-v8a"):
        run(programs)


def test_runner_says_nonsense(run: Run, standin: Orders) -> None:
    with fails(CheckFailed, "said 'Segmentation", "not what it ran"):
        run(standin(say="Segmentation fault (not really)"))


def test_runner_killed(run: Run, standin: Orders) -> None:
    places, outcome = run(standin(signal=signal.SIGKILL, at=23, once=True))
    assert places == ONCE
    assert outcome.resumed == 1
    assert re.search(
        r"resumed at call 20 of pass 1: the runner was ended .SIGKILL", outcome.notes[0]
    )


def test_runner_killed_each_time(run: Run, standin: Orders) -> None:
    with fails(CheckFailed, "does not get past call 20", "SIGKILL"):
        run(standin(signal=signal.SIGKILL, at=23))


def test_runner_hangs(
    run: Run, double: Double, standin: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STUCK_SECONDS", 1.0)
    with fails(CheckFailed, "no row for 1 s"):
        run(standin(signal=signal.SIGSTOP, at=12))
    assert double.left_behind() == []


# The device goes away in a run.


@pytest.mark.parametrize("at", [8, MIDWAY, 8 + 34 * ROW_SIZE])
def test_device_goes_away(double: Double, run: Run, standin: Orders, at: int) -> None:
    double.when(double.rows(at), lambda: double.away(1.0))
    places, outcome = run(standin(pause=SLOWLY))
    assert places == ONCE
    assert outcome.facts["calls"] == CALLS
    assert double.left_behind() == []


def test_resumed_run_says_so(double: Double, run: Run, standin: Orders) -> None:
    double.when(double.rows(MIDWAY), lambda: double.away(0.2))
    places, outcome = run(standin(pause=0.2))
    assert places == ONCE
    assert outcome.resumed == 1
    call = re.match(r"resumed at call (\d+) of pass 1: the device went away", outcome.notes[0])
    assert call
    assert int(call[1]) % SEQUENCE == 0
    assert 0 < int(call[1]) < CALLS


def test_run_that_ended_while_the_device_was_away(
    double: Double, run: Run, standin: Orders
) -> None:
    double.when(double.rows(8 + 30 * ROW_SIZE), lambda: double.away(2.0))
    places, outcome = run(standin(pause=SLOWLY))
    assert places == ONCE
    assert outcome.resumed == 0


def test_device_reboots(double: Double, run: Run, standin: Orders) -> None:
    """The runner dies, and the disk keeps a torn row with zeros where data never arrived."""

    async def reboot() -> None:
        double.kill_runner()
        with (double.job / "rows.bin").open("ab") as rows:
            rows.write(bytes(3 * ROW_SIZE + 7))
        (double.job / "status").unlink(missing_ok=True)
        await double.away(0.5)

    double.when(double.rows(MIDWAY), reboot)
    places, outcome = run(standin(pause=SLOWLY))
    assert places == ONCE
    assert outcome.resumed == 1


def test_device_comes_back_empty(double: Double, run: Run, standin: Orders) -> None:
    async def wiped() -> None:
        double.kill_runner()
        await double.away(0.5)
        subprocess.run(["rm", "-rf", double.job.parent], check=True)

    double.when(double.rows(MIDWAY), wiped)
    assert run(standin(pause=SLOWLY)).places == ONCE


@runner_alone
def test_device_goes_away_twice_in_several_passes(
    double: Double, run: Run, standin: Orders
) -> None:
    first, second = double.rows(8 + 50 * ROW_SIZE), double.rows(MIDWAY)

    async def twice() -> None:
        await double.away(0.3)
        double.when(lambda: second() and not first(), lambda: double.away(0.3))

    double.when(first, twice)
    places, outcome = run(standin(pause=0.05), min_count=4 * CALLS)
    assert places == [(repeat, call) for repeat in range(4) for call in range(CALLS)]
    assert outcome.resumed == 2


@runner_alone
def test_device_stays_away(
    double: Double, run: Run, standin: Orders, caplog: pytest.LogCaptureFixture
) -> None:
    double.when(double.rows(MIDWAY), double._vanish)
    started = time.monotonic()
    with fails(UserError, "was not back in 5 s"), caplog.at_level(logging.WARNING):
        run(standin(pause=SLOWLY))
    assert time.monotonic() - started < 60
    assert "left as it is until the next act-profile" in caplog.text


def test_adb_server_dies(double: Double, adb: Adb, run: Run, standin: Orders) -> None:
    double.when(
        double.rows(MIDWAY),
        lambda: subprocess.run(["adb", "kill-server"], env=adb.environment, check=True),
    )
    assert run(standin(pause=SLOWLY)).places == ONCE


# Devices that lie, or take their time.


@pytest.mark.parametrize("code", [0, 1, 255])
def test_wrong_exit_codes(double: Double, run: Run, standin: Orders, code: int) -> None:
    """The exit codes that the device reports are not believed: ours come with the output."""
    double.faults.exit_code = code
    assert run(standin()).places == ONCE
    with fails(CheckFailed, "call 7 failed"):
        run(standin(exit=5, reason="call 7 failed"))


def test_no_exit_codes(double: Double, adb: Adb, run: Run, standin: Orders) -> None:
    """As before Android 7: version 1 of the shell, stderr in stdout."""
    double.faults.features = "cmd,stat_v2,ls_v2"
    adb.call(["disconnect", double.serial])
    connect(adb, double.serial)
    assert run(standin()).places == ONCE
    with fails(CheckFailed, "call 7 failed"):
        run(standin(exit=5, reason="call 7 failed"))


def test_noise_before_every_answer(double: Double, run: Run, standin: Orders) -> None:
    double.faults.garbage = "."
    assert run(standin()).places == ONCE


@runner_alone
def test_says_nothing_of_itself(double: Double, adb: Adb, run: Run, standin: Orders) -> None:
    for name in ("getprop", "dumpsys", "cmd"):
        (double.folder / "vendor/bin" / name).write_text("#!/bin/sh\nhead -c 999 /dev/urandom\n")
    with AdbDevice(adb, double.serial, standin(), cool_seconds=0) as device:
        described = device.describe()
    assert described["soc"] is None
    assert described["battery_percent"] is None
    assert len(described["cores"]) == 8
    assert run(standin()).places == ONCE


def test_slow_answers(double: Double, run: Run, standin: Orders) -> None:
    double.faults.slow_seconds = 0.3
    assert run(standin()).places == ONCE


def test_answers_nothing(
    double: Double, run: Run, standin: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "QUIET_SECONDS", 1.0)
    double.faults.hang = r"sh \./(act-runner|in-app\.sh)"
    with fails(CheckFailed, "does not get past call 0", "no answer in 1 s"):
        run(standin())


def test_hot(double: Double, run: Run, standin: Orders) -> None:
    thermal = double.folder / "vendor/dumpsys/thermalservice"
    thermal.write_text(thermal.read_text().replace("Status: 0", "Status: 3"))
    places, outcome = run(standin())
    assert places == ONCE
    assert [note for note in outcome.notes if "still hot" in note and "severe" in note]
    assert [note for note in outcome.notes if note.startswith("throttled: ") and "severe" in note]


# What we leave behind.


def test_ctrl_c(double: Double, run: Run, standin: Orders) -> None:
    double.when(double.rows(MIDWAY), lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run(standin(pause=SLOWLY))
    assert double.left_behind() == []
    assert not double.runs()
    assert double.fixed_performance() == ["true", "false"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_from_outside(
    double: Double, run: Run, standin: Orders, number: signal.Signals
) -> None:
    double.when(double.rows(MIDWAY), lambda: signal.raise_signal(number))
    with pytest.raises(SystemExit) as ended, ended_by_signals():
        run(standin(pause=SLOWLY))
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) == signal.SIG_DFL
    assert double.left_behind() == []
    assert not double.runs()
    assert double.fixed_performance() == ["true", "false"]


@runner_alone
def test_crash_of_ours_is_undone_by_the_next_run(
    double: Double, adb: Adb, job: Job, run: Run, standin: Orders, tmp_path: Path
) -> None:
    standin(pause=SLOWLY)
    arguments = [double.serial, str(job.folder), str(tmp_path)]
    crashing = subprocess.Popen([sys.executable, "-c", CRASHING, *arguments], env=adb.environment)
    midway = double.rows(MIDWAY)
    while not midway():
        assert crashing.poll() is None
        time.sleep(0.01)
    crashing.kill()
    crashing.wait()
    assert double.left_behind()
    assert double.fixed_performance() == ["true"]
    assert run(standin()).places == ONCE
    assert double.fixed_performance() == ["true", "false", "true", "false"]
    assert double.left_behind() == []
    time.sleep(2 * session.BEAT_SECONDS)
    assert not double.runs()


CRASHING = """
import sys
from pathlib import Path
from act_profiling.adb import Adb, session
from act_profiling.devices import Job, Outcome, Settings
from act_profiling.devices.adb import AdbDevice
from act_profiling.programs import DeviceProgram

serial, job, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
files = {"act-runner": folder / "act-runner", "library.so": folder / "orders.json"}
program = DeviceProgram(files, ("./act-runner",), "library.so")
session.BEAT_SECONDS = 0.2
device = AdbDevice(Adb(), serial, lambda target, abis: program)
device.run(Job(job, "onnx"), Settings(), folder / "crashed.bin")
"""
