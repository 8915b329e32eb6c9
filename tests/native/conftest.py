"""The engine, built from its sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from act_profiling.runner import cache, cached

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
    sources = [*sorted(ENGINE.glob("*.c")), *more]
    key = hashlib.sha256(repr((compiler, flags)).encode())
    for file in [*sources, *sorted(ENGINE.glob("*.h"))]:
        key.update(file.name.encode() + file.read_bytes())
    path = cache() / f"engine-test-{key.hexdigest()[:16]}" / name
    if not path.exists():
        with cached(path) as made:
            command = [compiler, *flags, *map(str, sources), "-o", str(made), "-lm"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
            assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def engine_library() -> Path:
    """The plain build: one command, no flag for any file."""
    return built("libact.so", "-O2", "-shared", "-fPIC")


@pytest.fixture(scope="session")
def replay() -> Path:
    """What the fuzzer runs, without a fuzzer and with its sanitizers."""
    return built("replay", *SANITIZED, more=REPLAY)
