"""``act-profile`` as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from act_export import Options, export
from act_mobile import save_model
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
        (("compare", "a.json", "b.json"), "a.json: No such file"),
        (("m.onnx", "--data", "none.npz", "--device", "phone"), "--device 'phone': use host"),
    ):
        done = act_profile(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert message in done.stderr.splitlines()[-1]


def test_torch_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, act_profiling.api, act_profiling.devices.host, act_profiling.devices.adb;"
        "print(sorted({'torch', 'onnx', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
