"""SIGTERM and SIGHUP end every command as Ctrl-C does: nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from act_artefact.command import SIGNALS

COMMAND = """
import signal
from pathlib import Path

import click

from act_artefact.command import run
from act_artefact.staging import staging

@click.command()
def command():
    with staging([Path("out")]) as aside:
        (aside[Path("out")] / "file").touch()
        print("inside", flush=True)
        signal.pause()

run(command, "act-test", [])
"""


def _heard() -> None:
    """Undo what a shell or nohup may have set, which is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)


def _hangups_ignored() -> None:
    """Set what nohup sets."""
    _heard()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextmanager
def started(
    *arguments: str, cwd: Path, prepare: Callable[[], None] = _heard
) -> Iterator[subprocess.Popen[str]]:
    """Start a Python process, which is killed at the end of the block if it still runs."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, *SIGNALS])
def test_a_signal_ends_a_command_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with started("-c", COMMAND, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.send_signal(number)
        out, errors = process.communicate(timeout=30)
    assert out + errors.strip() == ""
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    with started("-c", COMMAND, cwd=tmp_path, prepare=_hangups_ignored) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM


def test_training_ends_too(tmp_path: Path) -> None:
    """Lightning sets a handler of its own, and calls the command's after it."""
    with started(
        *("-m", "act_mobile.training.cli", "parity", "--bits", "4", "--hidden", "8"),
        *("--batch-size", "16", "--steps", "1000000", "--evaluate-every", "20", "-o", "run"),
        cwd=tmp_path,
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("40 of"):
            assert process.poll() is None
        process.terminate()
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert out == ""
    assert "Traceback" not in errors
    names = {path.name for path in (tmp_path / "run").rglob("*")}
    assert "last.ckpt" in names
    assert not any(name.startswith(".") for name in names)
