"""The engine's sources: any compiler, no warning, nothing but the API outside, small."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native.conftest import ENGINE, REPLAY

SOURCES = [*sorted(ENGINE.glob("*.c")), *REPLAY]
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror")


def words(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("compiler", ["gcc", "clang", "aarch64-linux-gnu-gcc"])
def test_no_warning(compiler: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    words(compiler, *WARNINGS, "-fsyntax-only", *SOURCES)


def test_header_is_for_cpp_too(tmp_path: Path) -> None:
    if shutil.which("c++") is None:
        pytest.skip("c++ is not installed")
    program = '#include "act.h"\nint main() { return act_message(ACT_OK) == nullptr; }'
    (tmp_path / "embed.cpp").write_text(program)
    flags = ("-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only")
    words("c++", *flags, "-I", ENGINE, tmp_path / "embed.cpp")


def test_nothing_but_the_api_is_outside(engine_library: Path) -> None:
    symbols = words("nm", "--dynamic", "--defined-only", "--format=just-symbols", engine_library)
    declared = (ENGINE / "act.h").read_text()
    assert len(symbols.split()) == 23
    for symbol in symbols.split():
        assert f"{symbol}(" in declared


def test_names_in_an_app_it_is_linked_into_begin_alike(tmp_path: Path) -> None:
    for source in sorted(ENGINE.glob("*.c")):
        words("cc", "-c", source, "-o", tmp_path / f"{source.stem}.o")
    objects = sorted(tmp_path.glob("*.o"))
    lines = words("nm", "--extern-only", "--defined-only", *objects).splitlines()
    symbols = [line.split()[-1] for line in lines if " " in line]
    assert len(symbols) > 23
    assert [s for s in symbols if not s.startswith(("act_", "actn_"))] == []


def test_library_is_small(engine_library: Path, tmp_path: Path) -> None:
    words("strip", "--strip-all", engine_library, "-o", tmp_path / "stripped.so")
    assert (tmp_path / "stripped.so").stat().st_size < 100_000


def test_libraries_that_are_needed(engine_library: Path) -> None:
    lines = words("readelf", "--dynamic", engine_library).splitlines()
    needed = {line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line}
    assert needed <= {"libc.so.6", "libm.so.6"}


def test_nothing_is_written_but_contexts(engine_library: Path) -> None:
    """No global state: no symbol of the sources lies in memory that can be written."""
    sections = (".data", ".bss", ".tdata", ".tbss")
    lines = [line.split() for line in words("objdump", "--syms", engine_library).splitlines()]
    written = {line[-1] for line in lines if any(section in line[:-1] for section in sections)}
    compilers = ("_", "completed.")  # the linker's, and what libgcc knows of the processor
    assert {n for n in written if not n.startswith((*sections, *compilers))} == set()


def test_lines_of_code() -> None:
    """The engine is read in one sitting."""
    files = [*ENGINE.glob("*.c"), *ENGINE.glob("*.h")]
    assert sum(len(file.read_text().splitlines()) for file in files) < 3500


def test_fast_math_is_refused() -> None:
    command = ["cc", "-ffast-math", "-fsyntax-only", str(ENGINE / "step.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "-ffast-math takes NaN for a number" in done.stderr


@pytest.mark.property
@pytest.mark.parametrize("preset", ["host", "aarch64-linux"])
def test_cmake(preset: str, tmp_path: Path) -> None:
    for tool in ("cmake", "aarch64-linux-gnu-gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    words("cmake", "-S", ENGINE, "--preset", preset, "-B", tmp_path / "build")
    words("cmake", "--build", tmp_path / "build")
    words("cmake", "--install", tmp_path / "build", "--prefix", tmp_path / "installed")
    installed = {path.name for path in (tmp_path / "installed").rglob("*") if path.is_file()}
    assert {"act.h", "libact.a", "libact.so.0.1.0"} <= installed


@pytest.mark.property
def test_zig_builds_it(tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    zig = (sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl")
    words(*zig, "-O2", "-shared", "-fPIC", *sorted(ENGINE.glob("*.c")), "-o", tmp_path / "act.so")
