"""Tools of the system, such as apt-get and tar, whose failures are one line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import IO

from act_artefact.errors import UserError


def run_tool(
    arguments: list[str],
    *,
    minutes: float,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    stdin: IO[bytes] | None = None,
) -> str:
    """Run a tool and return what it prints.

    Args:
        minutes: the time after which it is stopped.
        folder: it runs there.
        stdin: it reads from there; else it has nothing to read.

    Raises:
        UserError: it failed, with the last line of its output, or took too long.
    """
    try:
        done = subprocess.run(
            arguments,
            env=environment,
            cwd=folder,
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60 * minutes,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{arguments[0]} took more than {minutes:g} minutes: try again") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise UserError(f"{' '.join(arguments[:3])} failed: {said}")
    return done.stdout
