"""``act-profile`` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from act_export import Options, export
from act_mobile import save_model
from act_profiling.cli import main
from act_profiling.devices import Device
from act_profiling.devices.host import HostDevice
from tests.artefact.odd_files import IN_THE_WAY
from tests.export.conftest import pondering

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def act_profile(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "act_profiling.cli", *map(str, arguments)],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


Here = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def act_profile_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Here:
    """The same in this process, which has loaded all that takes seconds to load."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        words = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as ended:
            main(words)
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(words, code, *capfd.readouterr())

    return run


def test_profile_and_compare(tmp_path: Path) -> None:
    save_model(tmp_path / "m.pt", pondering())
    np.savez(tmp_path / "eval.npz", x=np.ones((2, 5, 3), np.float32))
    options = Options(ponder="loop", samples=5)
    export(tmp_path / "m.pt", "onnx", output=tmp_path, data=tmp_path / "eval.npz", options=options)
    quick = ("--data", "eval.npz", "--rounds", "2", "--min-count", "1", "--min-seconds", "0")
    for name in ("a", "b"):
        done = act_profile("m.onnx", *quick, "-o", f"{name}.json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "m.onnx" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 100
        assert "round 2 of 2" in done.stderr
    done = act_profile("compare", "a.json", "b.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "m.onnx" in done.stdout

    done = act_profile("m.onnx", *quick, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["format"] == "act-mobile/report/1"


def test_sigterm_leaves_nothing(tmp_path: Path) -> None:
    save_model(tmp_path / "m.pt", pondering())
    options = Options(ponder="loop", samples=5)
    export(tmp_path / "m.pt", "onnx", output=tmp_path, options=options)
    np.savez(tmp_path / "eval.npz", x=np.ones((2, 5, 3), np.float32))
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "act_profiling.cli", "m.onnx"),
            *("--data", "eval.npz", "--min-seconds", "60"),
        ],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "outputs" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert out == ""
    assert "Traceback" not in errors
    assert list((tmp_path / "temporary").glob("act-profile-*")) == []
    names = (link for link in Path("/proc").glob("[0-9]*/cwd") if link.exists())
    assert tmp_path not in [name.readlink() for name in names], "the runner has ended"


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    for arguments, message in (
        (("m.onnx", "--data", "none.npz"), "m.onnx: no such file"),
        (("--data", "none.npz"), "Missing argument 'ARTEFACTS...'"),
        (("compare", "a.json", "b.json"), "a.json: no such file"),
        (("m.onnx", "--data", "none.npz", "--device", "phone"), "--device 'phone': use host"),
    ):
        done = act_profile(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert message in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("what", IN_THE_WAY)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("r.json", ("-o", "r.json", "--html", "r.html")),
        ("r.html", ("-o", "r.json", "--html", "r.html")),
        ("r.rows.npz", ("-o", "r.json")),
    ],
)
def test_what_is_in_the_way_is_refused_before_measuring(
    act_profile_here: Here, tmp_path: Path, what: str, name: str, options: tuple[str, ...]
) -> None:
    """There is no artefact, which is found out later still."""
    path = tmp_path / name
    IN_THE_WAY[what](path)
    before = path.lstat()
    done = act_profile_here("none.onnx", "--data", "none.npz", *options)
    assert done.returncode == 2
    message = f"{name}: is {what}, not a regular file: move it away, or give another -o"
    assert done.stderr == f"act-profile: error: {message}\n"
    assert os.path.samestat(path.lstat(), before)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "r.json", "--html", "./r.json"), "r.json: two outputs have this path"),
        (("-o", "r.json", "--html", "here/r.rows.npz"), "here/r.rows.npz: two outputs have this"),
        (("-o", "file/r.json"), "file: is a file, not a folder: give another -o"),
        (("--html", "file/below/r.html"), "file/below: cannot be made (file is a file)"),
    ],
)
def test_bad_paths_are_refused_before_measuring(
    act_profile_here: Here, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "here").symlink_to(tmp_path)
    done = act_profile_here("none.onnx", "--data", "none.npz", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(list(tmp_path.iterdir())) == 2


def test_two_phones_need_two_files(act_profile_here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("act_profiling.devices.open.open_devices", two_phones)
    paths = ("-o", "r.json", "--html", "r-2.json")
    done = act_profile_here("none.onnx", "--data", "none.npz", "--device", "adb:all", *paths)
    assert done.returncode == 2
    assert "r-2.json: two outputs have this path" in done.stderr


@pytest.fixture(scope="module")
def differing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good artefact in ``good``, and in ``bad`` the same with another golden bundle."""
    folder = tmp_path_factory.mktemp("differing")
    save_model(folder / "m.pt", pondering())
    np.savez(folder / "eval.npz", x=np.ones((2, 5, 3), np.float32))
    options = Options(ponder="loop", samples=5)
    data = folder / "eval.npz"
    export(folder / "m.pt", "onnx", output=folder / "good", data=data, options=options)
    shutil.copytree(folder / "good", folder / "bad")
    golden = dict(np.load(folder / "bad/m.golden.npz"))
    np.savez(folder / "bad/m.golden.npz", **{**golden, "y": golden["y"] + np.float32(1e-3)})
    return folder


QUICK = ("--rounds", "2", "--min-count", "1", "--min-seconds", "0")


def test_a_failed_golden_check_is_a_failed_command(
    act_profile_here: Here, differing: Path, tmp_path: Path
) -> None:
    """The other variant keeps its numbers, and all that is shown and written otherwise is."""
    artefacts = (differing / "good/m.onnx", differing / "bad/m.onnx")
    data = ("--data", differing / "eval.npz", *QUICK)
    done = act_profile_here(*artefacts, *data, "-o", "two.json", "--html", "two.html", "--json")
    assert done.returncode == 1
    good, bad = json.loads(done.stdout)["variants"]
    assert good["latency"]["per_call"]["p50"] > 0
    assert "latency" not in bad
    last = done.stderr.splitlines()[-1]
    assert last.startswith("act-profile: error: bad/m.onnx on host: golden check failed: y is off")
    assert "good/m.onnx" not in last
    written = json.loads((tmp_path / "two.json").read_text())["variants"]
    assert [variant["missing"] is None for variant in written] == [True, False]
    assert "golden check failed" in (tmp_path / "two.html").read_text()

    for artefact, name, code in zip(artefacts, ("good.json", "bad.json"), (0, 1), strict=True):
        done = act_profile_here(artefact, *data, "-o", name)
        assert done.returncode == code, done.stderr
        assert ("golden check failed" in done.stdout) == bool(code)
    for one, other, code in (("good.json", "bad.json", 1), ("bad.json", "good.json", 0)):
        done = act_profile_here("compare", one, other)
        assert done.returncode == code, done.stderr
        assert "golden check failed" in done.stdout


def test_golden_checks_that_fail_on_phones(
    act_profile_here: Here, differing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_profiling.devices.open.open_devices", two_phones)
    data = ("--data", differing / "eval.npz", *QUICK, "--device", "adb:all", "--json")
    done = act_profile_here(differing / "bad/m.onnx", *data)
    assert done.returncode == 1
    reports = json.loads(done.stdout)["reports"]
    assert [report["device"]["name"] for report in reports] == ["adb:A", "adb:B"]
    last = done.stderr.splitlines()[-1]
    for phone in ("A", "B"):
        assert f"m.onnx on adb:{phone}: golden check failed: y is off" in last


def two_phones(*_: object, **__: object) -> list[Device]:
    """Stand in for two phones with this machine, under their names."""
    phones: list[Device] = [HostDevice(None), HostDevice(None)]
    for phone, serial in zip(phones, "AB", strict=True):
        phone.name = f"adb:{serial}"
    return phones


def test_torch_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, act_profiling.api, act_profiling.devices.host, act_profiling.devices.adb;"
        "print(sorted({'torch', 'onnx', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
