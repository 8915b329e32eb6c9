"""Environments of clients: made once in a folder, and made again when their packages change."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.clients.client import Refused

PROGRAMS = Path(__file__).with_name("programs")

SECONDS = 120
"""After which a client that does not answer is ended."""


def venv(folder: Path, requirements: Sequence[str], python: str | None = None) -> None:
    """Make a virtual environment; ``python`` is its version where not that of this process.

    Raises:
        RuntimeError: a package cannot be installed.
        FileNotFoundError: there is no such Python.
    """
    if _complete(folder, requirements):
        return
    _check([_interpreter(python), "-m", "venv", "--clear", "--without-pip", folder])
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"]
    _check([*pip, "--quiet", "--no-compile", "--disable-pip-version-check", *requirements])
    _finish(folder, requirements)


def npm(folder: Path, packages: Sequence[str]) -> None:
    """Make a folder of npm packages; their install scripts, which download more, do not run.

    Raises:
        RuntimeError: a package cannot be installed.
    """
    if _complete(folder, packages):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    _check([*command, "--save-exact", *packages], folder)
    _finish(folder, packages)


def _check(command: Sequence[str | Path], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr[-2000:]}")


def run_program(command: Sequence[str | Path], job: dict[str, Any], scratch: Path) -> Any:
    """Run ``command JOB ANSWERS``.

    Raises:
        Refused: it ended without answers.
    """
    answers = scratch / "answers.json"
    answers.unlink(missing_ok=True)
    (scratch / "job.json").write_text(json.dumps(job))
    words = [*command, scratch / "job.json", answers]
    # pytest's own variables, and where it finds modules, are no business of the client.
    kept = {
        name: os.environ[name] for name in ("HOME", "PATH", "OMP_NUM_THREADS") if name in os.environ
    }
    try:
        done = subprocess.run(
            words, env=kept, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"no answer in {SECONDS} s") from None
    if answers.exists():
        return json.loads(answers.read_text())
    if done.returncode < 0:
        raise Refused(f"ended by {signal.Signals(-done.returncode).name}: {done.stderr[-500:]}")
    raise Refused(f"exit code {done.returncode}: {done.stderr[-2000:]}")


def _interpreter(version: str | None) -> str | Path:
    """A Python of this version, from the path or a pyenv.

    Raises:
        FileNotFoundError: there is none.
    """
    if version is None or version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    for python in filter(None, [on_path, *pyenv.glob(f"{version}.*/bin/python")]):
        # A version manager puts names on the path that do not run.
        if not subprocess.run([python, "-V"], capture_output=True, check=False).returncode:
            return python
    raise FileNotFoundError(f"python{version} is not installed: a client needs it")


def _complete(folder: Path, packages: Sequence[str]) -> bool:
    mark = folder / "packages"
    return mark.exists() and mark.read_text().split("\n") == list(packages)


def _finish(folder: Path, packages: Sequence[str]) -> None:
    (folder / "packages").write_text("\n".join(packages))
