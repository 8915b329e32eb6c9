"""Wheels of PyPI that are not installed: fetched by pip at a pinned version and hash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from act_artefact.errors import UserError

SECONDS = 600.0


def fetch_wheel(
    package: str,
    version: str,
    sha256: Sequence[str],
    folder: Path,
    options: Sequence[str] = (),
    otherwise: str = "try again",
) -> Path:
    """Download a wheel into ``folder``; pip checks its hash.

    Args:
        sha256: of the wheels that may come, one for each platform.
        options: pip's, which choose the platform where it is not this one.
        otherwise: the way out, for the error.

    Raises:
        UserError: it cannot be fetched.
    """
    pinned = folder / "pinned.txt"
    hashes = " ".join(f"--hash=sha256:{value}" for value in sha256)
    pinned.write_text(f"{package}=={version} {hashes}\n")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary=:all:", *options, "--dest", str(folder), "--requirement", str(pinned)),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    except subprocess.TimeoutExpired:
        reason = f"not there after {SECONDS:.0f} s"
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        raise UserError(f"{package} {version} cannot be fetched ({reason}): {otherwise}")
    return wheels[0]
