"""The engine, built from its sources."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from act_artefact.compiling import compiled

ENGINE = Path(__file__).parents[2] / "native" / "engine"
REPLAY = (ENGINE / "fuzz/exercise.c", ENGINE / "fuzz/replay.c")
SANITIZED = (
    *("-O0", "-g", "-fno-sanitize-recover=all"),  # -O1 compiles for four times as long
    *("-fsanitize=address,undefined", "-fsanitize=float-cast-overflow"),
)


def built(name: str, *flags: str, more: Sequence[Path] = (), compiler: str = "cc") -> Path:
    """The engine and ``more`` as one file, made anew where a source or a flag has changed."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    files = [*sorted(ENGINE.glob("*.[ch]")), *more]
    return compiled("engine-test", name, [compiler, *flags], files)


@pytest.fixture(scope="session")
def engine_library() -> Path:
    """The plain build: one command, no flag for any file."""
    return built("libact.so", "-O2", "-shared", "-fPIC")


@pytest.fixture(scope="session")
def replay() -> Path:
    """Build the program that the fuzzer runs, without a fuzzer and with its sanitizers."""
    return built("replay", *SANITIZED, more=REPLAY)
