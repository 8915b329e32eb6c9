"""Tiny parity runs, from Python and through the command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from act_mobile.tasks.parity import Parity
from act_mobile.training.cli import main
from act_mobile.training.options import Options
from act_mobile.training.run import train

TINY = {
    "hidden": 8,
    "max_ponder": 4,
    "batch_size": 16,
    "lr_decay": 0.0,
    "steps": 40,
    "evaluate_every": 20,
}

Command = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    """Where the sources are found and nothing waits for another core."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def run_tiny() -> Callable[..., dict[str, Any]]:
    """Trains on four bits into a folder; options as :class:`Options` names them."""

    def run(output: Path, *, resume: bool = False, **options: Any) -> dict[str, Any]:
        return train(Parity(4), Options(**{**TINY, **options}), output, resume=resume)

    return run


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """``act-train`` from a command line, in a folder of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["act-train", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run
