"""The engine as a shared library: compiled at first use, kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from act_engine.errors import BuildError

SOURCES = Path(__file__).parent / "native_engine"
"""A link to native/engine; in a wheel, its files."""

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")
SECONDS = 300.0


def library(sources: Path = SOURCES, flags: tuple[str, ...] = FLAGS) -> Path:
    """The library for this machine, made by ``$CC`` or ``cc`` if it is not in the cache.

    Raises:
        BuildError: there are no sources or no compiler, or it does not compile.
    """
    compiler = find_compiler()
    files = sorted(sources.glob("*.[ch]"))
    if not files:
        raise BuildError(f"{sources}: the engine's sources are not there: install act-mobile again")
    key = hashlib.sha256(repr((compiler, _version(compiler), flags)).encode())
    for file in files:
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    path = cache() / f"act-engine-{key.hexdigest()[:16]}.so"
    if not path.exists():
        _compile([*compiler, *flags, *(str(f) for f in files if f.suffix == ".c")], path)
    return path


def cache() -> Path:
    """The folder that keeps what was built."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "act-mobile"


def find_compiler() -> tuple[str, ...]:
    """The command of this machine's C compiler.

    Raises:
        BuildError: there is none.
    """
    name, *options = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if path := shutil.which(name):
        return (path, *options)
    raise BuildError(
        f"the native engine is built with the C compiler {name}, which is not there: install gcc "
        "or clang, or name one with CC="
    )


def _version(compiler: tuple[str, ...]) -> str:
    return _run([*compiler, "--version"])


def _compile(command: list[str], path: Path) -> None:
    """Another process may make the same at the same time: whichever ends last is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
        made = Path(folder) / path.name
        _run([*command, "-o", str(made), "-lm"])
        made.replace(path)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"the native engine cannot be built: {error}") from None
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if "error" in line]
        reason = (complaints or done.stderr.splitlines() or ["no reason given"])[0]
        raise BuildError(f"the native engine does not compile with {command[0]}: {reason}")
    return done.stdout
