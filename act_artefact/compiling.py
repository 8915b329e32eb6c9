"""C sources to libraries and programs: compiled at first use, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from act_artefact.cache import cache, kept
from act_artefact.errors import UserError, escaped, shown

SECONDS = 300.0

MOST = 300
"""Characters of a compiler's complaint that an error shows."""


def compiled(
    what: str,
    name: str,
    command: Sequence[str],
    files: Sequence[Path],
    libraries: Sequence[str] = ("-lm",),
) -> Path:
    """Compile C files to ``name`` in a folder of the cache.

    Args:
        what: the folder's name begins with it, and so does an error.
        command: the compiler and its options.
        files: sources, and the headers that they include: a change of any makes another folder.

    Raises:
        UserError: it does not compile.
    """
    key = hashlib.sha256(repr((tuple(command), tuple(libraries))).encode())
    for file in files:
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    sources = [str(file) for file in files if file.suffix == ".c"]
    return kept(
        cache() / f"{what}-{key.hexdigest()[:16]}" / name,
        lambda made: compile_c(what, [*command, *sources, "-o", str(made), *libraries]),
    )


def find_compiler(what: str) -> tuple[str, ...]:
    """The command of this machine's C compiler, which is to build ``what``.

    Raises:
        UserError: there is none.
    """
    wanted = os.environ.get("CC", "")
    try:
        name, *options = shlex.split(wanted) or ["cc"]
    except ValueError as error:
        raise UserError(f"CC={shown(wanted)}: not a command ({error}): give one with CC=") from None
    if path := shutil.which(name):
        return (path, *options)
    raise UserError(
        f"{what} is built with the C compiler {name}, which is not there: install gcc or clang, or "
        "name one with CC="
    )


def compile_c(what: str, command: Sequence[str]) -> None:
    """Run a C compiler, which is to build ``what``.

    Raises:
        UserError: it fails, and its first complaint.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{what} cannot be built: {escaped(str(error), MOST)}") from None
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if "error" in line]
        reason = (complaints or done.stderr.splitlines() or ["no reason given"])[0]
        raise UserError(f"{what} does not compile with {command[0]}: {escaped(reason, MOST)}")
