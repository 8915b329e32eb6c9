"""C sources to libraries and programs: compiled at first use, kept in the user's cache.

The engine's own library, and whatever else of this project is C.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from act_engine.errors import BuildError

SOURCES = Path(__file__).parent / "native_engine"
"""A link to native/engine; in a wheel, its files."""

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")
SECONDS = 300.0


def library(sources: Path = SOURCES, flags: tuple[str, ...] = FLAGS) -> Path:
    """The engine for this machine, made by ``$CC`` or ``cc`` if it is not in the cache.

    Raises:
        BuildError: there are no sources or no compiler, or it does not compile.
    """
    compiler = find_compiler("the native engine")
    files = sorted(sources.glob("*.[ch]"))
    if not files:
        raise BuildError(f"{sources}: the engine's sources are not there: install act-mobile again")
    return compiled("act-engine", "libact.so", [*compiler, *flags], files)


def compiled(
    what: str,
    name: str,
    command: Sequence[str],
    files: Sequence[Path],
    libraries: Sequence[str] = ("-lm",),
) -> Path:
    """What a compiler makes of C files: ``name`` in a folder of the cache, made if it is not there.

    Args:
        what: the folder's name begins with it, and so does an error.
        command: the compiler and its options.
        files: sources, and the headers that they include: a change of any makes another folder.

    Raises:
        BuildError: it does not compile.
    """
    key = hashlib.sha256(repr((tuple(command), tuple(libraries))).encode())
    for file in files:
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    path = cache() / f"{what}-{key.hexdigest()[:16]}" / name
    if not path.exists():
        sources = [str(file) for file in files if file.suffix == ".c"]
        with cached(path) as made:
            compile_c(what, [*command, *sources, "-o", str(made), *libraries])
    return path


def cache() -> Path:
    """The folder that keeps what was built or fetched."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "act-mobile"


@contextmanager
def cached(path: Path) -> Iterator[Path]:
    """Where to make something that becomes ``path``, within the cache, if the block ends well.

    Another process may make the same at the same time: one of the two is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
        made = Path(folder) / path.name
        yield made
        if not (path.is_dir() and made.is_dir()):
            made.replace(path)


def find_compiler(what: str) -> tuple[str, ...]:
    """The command of this machine's C compiler, which is to build ``what``.

    Raises:
        BuildError: there is none.
    """
    name, *options = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if path := shutil.which(name):
        return (path, *options)
    raise BuildError(
        f"{what} is built with the C compiler {name}, which is not there: install gcc or clang, or "
        "name one with CC="
    )


def compile_c(what: str, command: Sequence[str]) -> None:
    """Run a C compiler, which is to build ``what``.

    Raises:
        BuildError: it fails, and its first complaint.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{what} cannot be built: {error}") from None
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if "error" in line]
        reason = (complaints or done.stderr.splitlines() or ["no reason given"])[0]
        raise BuildError(f"{what} does not compile with {command[0]}: {reason}")
