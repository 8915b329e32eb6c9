"""``act-export`` as a user meets it: the real command, its exit codes, its one line of error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.locking import locked
from act_artefact.staging import LOCK
from act_export import export
from act_export.cli import main

ModelFile = Callable[..., Path]


def act_export(
    *arguments: Any, cwd: Path, file_limit: int | None = None
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.run(
        [sys.executable, "-m", "act_export.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )


def act_export_here(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in this process, which has loaded all that takes seconds to load."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["act-export", *map(str, arguments)]
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("sys.argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(argv, ended.value.code, out.getvalue(), err.getvalue())


def refused(cwd: Path, *arguments: Any, **keywords: Any) -> str:
    """Run a command that must fail as bad input does; returns its line, less the program's name."""
    before = sorted(cwd.rglob("*"))
    run = act_export if keywords else act_export_here
    done = run(*arguments, cwd=cwd, **keywords)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert last.startswith("act-export: error: ")
    assert sorted(cwd.rglob("*")) == before, "something was left behind"
    return last.removeprefix("act-export: error: ")


def test_help_is_quick_to_load_and_shows_examples(tmp_path: Path) -> None:
    code = (
        "import sys; from act_export.cli import command; import click.testing as t;"
        "r = t.CliRunner().invoke(command, ['--help']); print(r.output);"
        "print('heavy:', sorted({'torch', 'numpy', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "act-export model.pt --target tflite" in done.stdout
    assert "heavy: []" in done.stdout


def test_json_is_all_that_stdout_gets(model_file: ModelFile, tmp_path: Path) -> None:
    done = act_export(
        model_file(), "--target", "onnx", "--json", "-o", "out", "--samples", "20", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["exports"]
    assert found["target"] == "onnx"
    assert found["verification"]["passed"]
    assert found["verification"]["time_steps"] == 20
    assert (tmp_path / found["path"]).stat().st_size == found["size"]
    for stage in ("load", "data", "trace", "convert", "verify", "measure"):
        assert stage in done.stderr


def test_table(model_file: ModelFile, tmp_path: Path) -> None:
    done = act_export(model_file(), "--target", "coreml", "--samples", "20", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("model.mlpackage", "20/20", "standard normal inputs", "not run by Apple's"):
        assert words in done.stdout


def test_bad_models(model_file: ModelFile, tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path, "none.pt", "--target", "onnx")
    path = model_file()
    path.write_bytes(path.read_bytes()[:400])
    assert "cut short" in refused(tmp_path, path, "--target", "onnx", "-o", "new/folder")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--target", "tensorrt"],
            "'tensorrt' is not known: use onnx, tflite, coreml, native or all",
        ),
        (["--target", "onnx", "--batch", "0"], "--batch must be at least 1, not 0"),
        (["--target", "onnx", "--max-ponder", "9"], "--max-ponder 9: this model was made for 1 to"),
        (["--target", "onnx", "--sequence", "many"], "'many' is neither stream, dynamic, whole"),
        (
            ["--target", "onnx", "--sequence", "dynamic", "--ponder", "unroll"],
            "--sequence dynamic: an unrolled ponder loop has its time steps written out",
        ),
        (
            ["--target", "onnx", "--sequence", "4", "--ponder", "host"],
            "--ponder host: the app drives the ponder loop of one time step",
        ),
        (
            ["--target", "onnx", "--precision", "int8"],
            "is judged by the task's metric: give --data",
        ),
        (["--target", "onnx", "--weights", "w.pt"], "--weights: a model.pt has its own"),
        (["--target", "onnx", "--metric-tolerance", "nan"], "--metric-tolerance must be at least"),
        (["--target", "onnx", "-o", "model.pt"], "model.pt: is a file, not a folder"),
        (["--target", "onnx", "-o", "model.pt/below"], "model.pt/below: cannot be made"),
        (
            ["--target", "all", "--ponder", "unroll"],
            "--ponder unroll: target native has only its own loop: leave --ponder out, or use "
            "--target onnx,tflite,coreml",
        ),
        (
            ["--target", "onnx,native", "--precision", "int4"],
            "--precision int4: target onnx has only fp32, fp16, int8: use one of them, or --target "
            "native",
        ),
        (
            ["--target", "onnx", "--license", "Apache 2.0"],
            "--license 'Apache 2.0': give an SPDX expression, such as Apache-2.0 or",
        ),
        (["--target", "onnx", "--emit-c"], "--emit-c: target onnx is no C source"),
        (
            ["--target", "onnx,coreml", "--web"],
            "--web: the page runs no onnx or coreml export: use --target native, or without --web "
            "ONNX Runtime Web in a page of your own",
        ),
        (
            ["--target", "native", "--web", "--batch", "2"],
            "--web: the page asks one row a call: leave --batch out",
        ),
        ([], "Missing option '--target'"),
        (["--target", "onnx", "--colour"], "No such option '--colour'"),
    ],
)
def test_bad_usage(
    model_file: ModelFile, tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert message in refused(tmp_path, model_file().name, *arguments)


def test_task_that_is_not_known(model_file: ModelFile, tmp_path: Path) -> None:
    path = model_file(task={"name": "chess"})
    assert "task 'chess' is not known" in refused(tmp_path, path, "--target", "onnx", "-o", "out")


def test_task_of_another_size(model_file: ModelFile, tmp_path: Path) -> None:
    path = model_file(task={"name": "parity", "bits": 8})
    assert "give --data" in refused(tmp_path, path, "--target", "onnx", "-o", "out")


X = np.zeros((4, 5, 3), np.float32)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"tokens": np.zeros((4, 5), np.int32)}, "has 'tokens', this model reads 'x' of 3"),
        ({"z": X}, "has neither 'x' nor 'tokens', but z"),
        ({"x": X.astype(int)}, "'x' has type int64, expected floating-point numbers"),
        ({"x": X[..., :2]}, "has 'x' of 2 features, this model reads 'x' of 3"),
        ({"x": X[0]}, "'x' has shape (5, 3), expected (N, T, features)"),
        ({"x": X * np.nan}, "'x' has NaN or infinite values"),
        ({"x": X, "lengths": [1, 2]}, "'lengths' must be 4 whole numbers"),
        ({"x": X, "lengths": [1, 2, 3, 6]}, "'lengths' must lie between 1 and 5"),
        ({"x": X, "targets": np.zeros(4)}, "'targets' has shape (4,), 'x' (4, 5, 3)"),
        ({"x": X, "mask": np.ones((4, 5))}, "'mask' must be (4, 5) of true or false"),
        ({"x": X, "metric": "charm"}, "metric 'charm' is not known"),
        ({"x": np.array([None])}, "not a readable .npz of plain arrays"),
    ],
)
def test_bad_data(
    model_file: ModelFile, tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "eval.npz", **arrays)
    line = refused(tmp_path, model_file(), "--target", "onnx", "--data", "eval.npz", "-o", "out")
    assert message in line
    assert "eval.npz" in line


def test_tokens_outside_the_vocabulary(model_file: ModelFile, tmp_path: Path) -> None:
    np.savez(tmp_path / "eval.npz", tokens=np.full((1, 4), 11))
    path = model_file(vocab_size=11)
    line = refused(tmp_path, path, "--target", "onnx", "--data", "eval.npz", "-o", "out")
    assert "tokens from 11 to 11, the model knows 0 to 10" in line


def test_data_that_is_no_archive(model_file: ModelFile, tmp_path: Path) -> None:
    (tmp_path / "eval.npz").write_bytes(b"PK\3\4 not really")
    line = refused(tmp_path, model_file(), "--target", "onnx", "--data", "eval.npz", "-o", "out")
    assert "not a readable .npz" in line


@pytest.mark.parametrize("target", ["onnx", "tflite", "coreml", "native"])
def test_a_disk_that_fills(model_file: ModelFile, tmp_path: Path, target: str) -> None:
    """No file may grow past 2 kB: the artefact cannot be written, and nothing is."""
    line = refused(tmp_path, model_file(), "--target", target, "-o", "out", file_limit=2000)
    assert line == "out: File too large: make room, or give another -o"


def test_a_folder_that_is_not_writable(model_file: ModelFile) -> None:
    """/proc refuses new folders to everyone, root too."""
    path = model_file()
    line = refused(path.parent, path, "--target", "onnx", "-o", "/proc/act-export")
    assert "/proc/act-export: cannot be made" in line


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("model.onnx", ["--target", "onnx"]),
        ("model.mlpackage", ["--target", "coreml"]),
        ("model.manifest.json", ["--target", "onnx"]),
        ("model.golden.npz", ["--target", "onnx,native"]),
        ("model.card.md", ["--target", "onnx"]),
        ("model.h", ["--target", "native", "--emit-c"]),
        ("model.web", ["--target", "onnx,native", "--web"]),
    ],
)
def test_what_is_in_the_way_of_an_output(
    model_file: ModelFile, tmp_path: Path, name: str, arguments: list[str]
) -> None:
    """Refused before there are data: the model's task, which would make them, does not fit it."""
    folder = tmp_path / "out" / ("native" if "," in arguments[1] else "")
    folder.mkdir(parents=True)
    (folder / name).symlink_to("elsewhere")
    path = model_file(task={"name": "parity", "bits": 8})
    line = refused(tmp_path, path, *arguments, "-o", "out")
    assert f"{name}: is a symbolic link, not a" in line
    assert "move it away, or give another -o" in line


@contextlib.contextmanager
def started(*arguments: Any, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a Python process, which is killed at the end of the block if it still runs."""
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_two_targets_into_one_folder_at_the_same_time(
    model_file: ModelFile, tmp_path: Path
) -> None:
    """Both find the folder empty; neither goes on before both have looked."""
    path, out = model_file(), tmp_path / "out"
    out.mkdir()
    with contextlib.ExitStack() as stack:
        with locked(out / LOCK):
            both = [
                stack.enter_context(
                    started("-m", "act_export.cli", path, *words, "-o", out, cwd=tmp_path)
                )
                for words in (("--target", "native"), ("--target", "onnx", "--ponder", "loop"))
            ]
            for process in both:
                assert process.stderr is not None
                while "model   data" not in process.stderr.readline():
                    assert process.poll() is None
        errors = [process.communicate(timeout=120)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 2]
    first = ("model.actn", "model.onnx")[codes.index(0)]
    message = f"{out / first}: the folder already holds another export of model: give another -o"
    assert errors[codes.index(2)].splitlines()[-1] == f"act-export: error: {message}"
    assert json.loads((out / "model.manifest.json").read_text())["artefact"] == first
    names = {"model.manifest.json", "model.golden.npz", "model.card.md", first}
    assert {file.name for file in out.iterdir()} == names


CONVERTED = """
import signal
from act_export import api, cli

class Waiting(api.Pipeline):
    def run(self, target, folder):
        super().run(target, folder)
        print("converted", flush=True)
        signal.pause()

api.Pipeline = Waiting
for each in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)  # also where what started the tests ignores them
cli.main()
"""
"""``act-export`` that stops once its artefact is written aside."""


def ended(path: Path, number: signal.Signals, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Export into ``out``, and send a signal before anything is moved there."""
    arguments = (path, "--target", "native", "--ponder", "loop", "-o", "out")
    with started("-c", CONVERTED, *arguments, cwd=cwd) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "converted\n"
        assert [file.parent != cwd / "out" for file in cwd.rglob("model.actn")] == [True]
        process.send_signal(number)
        out, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(
    model_file: ModelFile, tmp_path: Path, number: signal.Signals
) -> None:
    done = ended(model_file(), number, tmp_path)
    assert done.returncode == 128 + number
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_the_next_export_removes_what_a_killed_one_left(
    model_file: ModelFile, tmp_path: Path
) -> None:
    path, out = model_file(), tmp_path / "out"
    assert ended(path, signal.SIGKILL, tmp_path).returncode == -signal.SIGKILL
    assert len(list(out.glob(".act-export-*"))) == 1
    export(path, "native", output=out)
    names = {"model.actn", "model.manifest.json", "model.golden.npz", "model.card.md"}
    assert {file.name for file in out.iterdir()} == names
