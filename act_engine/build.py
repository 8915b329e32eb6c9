"""The engine's own library, compiled for this machine at first use."""

from __future__ import annotations

from pathlib import Path

from act_artefact.compiling import compiled, find_compiler
from act_artefact.errors import UserError

SOURCES = Path(__file__).parent / "native_engine"
"""A link to native/engine; in a wheel, its files."""

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")


def library(sources: Path = SOURCES, flags: tuple[str, ...] = FLAGS) -> Path:
    """The engine for this machine, made by ``$CC`` or ``cc`` if it is not in the cache.

    Raises:
        UserError: there are no sources or no compiler, or it does not compile.
    """
    compiler = find_compiler("the native engine")
    files = sorted(sources.glob("*.[ch]"))
    if not files:
        raise UserError(f"{sources}: the engine's sources are not there: install act-mobile again")
    return compiled("act-engine", "libact.so", [*compiler, *flags], files)
