"""Files that are not what they should be: refused with the right status, or run without harm."""

from __future__ import annotations

import ctypes
import itertools
import math
import os
import shutil
import struct
import subprocess
from ctypes import byref, c_void_p
from pathlib import Path
from typing import Any

import pytest

from tests.native.conftest import ENGINE, REPLAY, built
from tests.native.engine import STATUS, aligned, load
from tests.native.small import (
    HEADER_BYTES,
    LAYER_BYTES,
    changed,
    contents,
    image_network,
    mended,
    network,
)

CORPUS = sorted((ENGINE / "fuzz/corpus").iterdir())
LAYER, INPUT, RECURRENT = HEADER_BYTES, HEADER_BYTES + 64, HEADER_BYTES + 128
HEAD = HEADER_BYTES + LAYER_BYTES
HUGE = [2**63, 2**64 - 64, 2**40]


@pytest.fixture(scope="module")
def library(engine_library: Path) -> ctypes.CDLL:
    return load(engine_library)


def opened(library: ctypes.CDLL, file: bytes, offset: int = 0) -> str:
    """The status that a file gets, by name."""
    memory, model = aligned(file, offset), c_void_p()
    status = library.act_open_memory(memory.ctypes.data, len(file), byref(model))
    assert (status == STATUS["ACT_OK"]) == bool(model)
    library.act_close(model)
    return next(name for name, code in STATUS.items() if code == status)


def test_a_mended_file_is_as_good_as_before(library: ctypes.CDLL) -> None:
    file = contents(network())
    assert mended(file) == file
    assert opened(library, file) == "ACT_OK"


@pytest.mark.parametrize("offset", [1, 2, 3])
def test_memory_that_is_not_aligned(library: ctypes.CDLL, offset: int) -> None:
    assert opened(library, contents(network()), offset) == "ACT_ALIGNMENT"


def test_what_guards_the_contents(library: ctypes.CDLL) -> None:
    file = contents(network())
    assert opened(library, b"") == opened(library, b"\x89ACTN\n\x1a" + file[7:]) == "ACT_NOT_ACTN"
    assert opened(library, file + bytes(64)) == opened(library, file[:-64]) == "ACT_TRUNCATED"
    assert opened(library, file[:-1] + b"\1") == "ACT_CHECKSUM"
    swapped = file[:-128] + file[-64:] + file[-128:-64]
    assert opened(library, swapped) == "ACT_CHECKSUM"
    assert opened(library, changed(file, 8, "I", 2)) == "ACT_VERSION"
    assert opened(library, changed(file, 12, "I", 256)) == "ACT_CORRUPT"
    assert opened(library, mended(file + bytes(4))) == "ACT_CORRUPT"


FIELDS: dict[str, tuple[int, str, list[Any]]] = {
    "layers": (32, "I", [0, 2, 65, 2**32 - 1]),
    "features": (36, "I", [0, 4, 65537, 2**32 - 1]),
    "vocabulary": (40, "I", [1, 2**32 - 1]),
    "outputs": (44, "I", [0, 3, 2**24 + 1, 2**32 - 1]),
    "metadata": (48, "Q", [0, 64, 65, *HUGE]),
    "size of the metadata": (56, "Q", [1 << 20, *HUGE]),
    "embedding's store": (64, "I", [1]),
    "embedding's rows": (72, "I", [3]),
    "cell": (LAYER, "I", [0, 2, 4, 2**32 - 1]),
    "hidden units": (LAYER + 4, "I", [0, 4, 6, 32, 16385, 2**32 - 1]),
    "most ponder steps": (LAYER + 8, "I", [0, 10001, 2**32 - 1]),
    "halting": (LAYER + 12, "I", [4, 2**32 - 1]),
    "threshold": (LAYER + 16, "f", [-0.5, 1.5, math.nan, math.inf]),
    "halting unit's bias": (LAYER + 20, "f", [math.nan, math.inf, -math.inf]),
    "halting weights": (LAYER + 24, "Q", [0, 64, 513, *HUGE]),
    "flag": (LAYER + 32, "Q", [0, 64, 513, *HUGE]),
    "bias of a gate n": (LAYER + 40, "Q", [512, *HUGE]),
    "layer's reserved bytes": (LAYER + 63, "B", [1]),
    "store": (INPUT, "I", [2, 3, 4, 2**32 - 1]),
    "kind": (INPUT + 4, "I", [1, 2]),
    "rows": (INPUT + 8, "I", [0, 63, 80, 2**32 - 1]),
    "columns": (INPUT + 12, "I", [0, 2, 4, 2**32 - 1]),
    "weights": (INPUT + 16, "Q", [0, 64, 513, *HUGE]),
    "scales of floats": (INPUT + 24, "Q", [512]),
    "sums of floats": (INPUT + 32, "Q", [512]),
    "bias": (INPUT + 40, "Q", [64, 513, *HUGE]),
    "map's reserved bytes": (INPUT + 48, "B", [1]),
    "recurrent columns": (RECURRENT + 12, "I", [4, 2**32 - 1]),
    "recurrent weights": (RECURRENT + 16, "Q", [0, *HUGE]),
    "recurrent bias": (RECURRENT + 40, "Q", [512]),
    "head's kind": (HEAD + 4, "I", [1]),
    "head's rows": (HEAD + 8, "I", [1, 17, 2**32 - 1]),
    "head's columns": (HEAD + 12, "I", [3]),
    "head's weights": (HEAD + 16, "Q", [*HUGE]),
}


@pytest.mark.parametrize("field", FIELDS)
def test_what_contradicts_itself(library: ctypes.CDLL, field: str) -> None:
    file = contents(network())
    offset, form, values = FIELDS[field]
    for value in values:
        status = opened(library, changed(file, offset, form, value))
        assert status == "ACT_CORRUPT", (value, status)


def test_a_section_may_end_the_file_and_not_go_beyond(library: ctypes.CDLL) -> None:
    file = contents(network())
    assert opened(library, changed(file, LAYER + 24, "Q", len(file) - 64)) == "ACT_OK"
    assert opened(library, changed(file, LAYER + 24, "Q", len(file))) == "ACT_CORRUPT"
    # the flag has 64 floats
    assert opened(library, changed(file, LAYER + 32, "Q", len(file) - 256)) == "ACT_OK"
    assert opened(library, changed(file, LAYER + 32, "Q", len(file) - 192)) == "ACT_CORRUPT"


def test_sections_begin_after_the_head(library: ctypes.CDLL) -> None:
    file = contents(network())
    end = HEAD + 64
    assert opened(library, changed(file, LAYER + 24, "Q", end)) == "ACT_OK"
    assert opened(library, changed(file, LAYER + 24, "Q", end - 64)) == "ACT_CORRUPT"


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_integers_need_their_scales(library: ctypes.CDLL, precision: str) -> None:
    file = contents(network("gru", hidden=33), precision)
    assert opened(library, changed(file, RECURRENT + 24, "Q", 0)) == "ACT_CORRUPT"
    sums = struct.unpack_from("<Q", file, RECURRENT + 32)[0]
    other = changed(file, RECURRENT + 32, "Q", 0 if sums else 512)
    assert opened(library, other) == "ACT_CORRUPT"


def test_tokens_need_a_table_or_an_embedding(library: ctypes.CDLL) -> None:
    table = contents(network(vocabulary=11))
    assert opened(library, table) == "ACT_OK"
    assert opened(library, changed(table, INPUT + 4, "I", 0)) == "ACT_CORRUPT"
    for store in (2, 3):
        assert opened(library, changed(table, INPUT, "I", store)) == "ACT_CORRUPT"
    assert opened(library, changed(table, INPUT + 12, "I", 12)) == "ACT_CORRUPT"


def test_files_that_are_not_there(library: ctypes.CDLL, tmp_path: Path) -> None:
    empty, short, pipe = tmp_path / "empty", tmp_path / "short", tmp_path / "pipe"
    empty.touch()
    short.write_bytes(contents(network())[:100])
    os.mkfifo(pipe)
    expected = {
        tmp_path / "none": "ACT_FILE",
        tmp_path: "ACT_FILE",
        pipe: "ACT_FILE",
        empty: "ACT_NOT_ACTN",
        short: "ACT_TRUNCATED",
    }
    for path, status in expected.items():
        model = c_void_p()
        assert library.act_open(str(path).encode(), byref(model)) == STATUS[status], path
        assert not model


def replayed(replay: Path, *words: str | Path) -> dict[str, int]:
    """The program's answer: how many files got which message. A sanitizer's finding fails."""
    done = subprocess.run(
        [replay, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {message: int(count) for count, message in lines}


@pytest.fixture(scope="module")
def one_of_each(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A small file of every cell and store, and of every halting policy."""
    folder = tmp_path_factory.mktemp("files")
    paths = []
    for cell in ("rnn", "rnn_relu", "gru", "lstm"):
        for precision in ("fp32", "fp16", "int8", "int4"):
            path = folder / f"{cell}-{precision}"
            small = network(cell, hidden=4 if precision.startswith("fp") else 32)
            path.write_bytes(contents(small, precision))
            paths.append(path)
    for precision in ("fp32", "fp16", "int8"):
        path = folder / f"image-{precision}"
        hidden = 3 if precision.startswith("fp") else 32
        path.write_bytes(contents(image_network(hidden=hidden), precision))
        paths.append(path)
    for halting in (0, 2, 3):
        path = folder / f"halting-{halting}-fp32"
        path.write_bytes(contents(network("rnn", hidden=4, halting=halting, max_ponder=2)))
        paths.append(path)
    return paths


def test_files_cut_short_at_every_length(replay: Path, one_of_each: list[Path]) -> None:
    answers = replayed(replay, "--cut", *one_of_each)
    assert answers == {
        "not an .actn file": 8 * len(one_of_each),
        "the file is shorter or longer than it says it is": sum(
            path.stat().st_size - 8 for path in one_of_each
        ),
    }


def test_files_with_any_bit_wrong_are_refused(replay: Path, one_of_each: list[Path]) -> None:
    small = [path for path in one_of_each if path.stat().st_size < 3000]
    answers = replayed(replay, "--flip", *small)
    assert "done" not in answers
    assert sum(answers.values()) == 8 * sum(path.stat().st_size for path in small)


def test_files_with_any_bit_wrong_and_the_right_checksum(
    replay: Path, one_of_each: list[Path]
) -> None:
    """An error, or a run: the sanitizers watch, and the program checks what it is told."""
    calls = bytes([0, 0, 3, 4, 100, 0, 2, 5, 0, 7, 0])
    for path in one_of_each:
        called = path.with_suffix(".called")
        called.write_bytes(path.read_bytes() + calls)
    small = [path.with_suffix(".called") for path in one_of_each if "-fp" in path.name]
    replayed(replay, "--flip-mended", *small)


def test_corpus_of_the_fuzzer(replay: Path) -> None:
    files = [file for path in CORPUS if len(file := path.read_bytes()) > HEAD]
    layers = [struct.unpack_from("<I8xI112xI", file, LAYER) for file in files]
    cells_and_stores = {(cell, store) for cell, _, store in layers}
    assert cells_and_stores >= set(itertools.product(range(4), range(4)))
    assert cells_and_stores >= set(itertools.product([4], range(3)))  # images
    assert {halting for _, halting, _ in layers} >= set(range(4))
    replayed(replay, *CORPUS)


@pytest.mark.property
@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a76"])
def test_corpus_on_arm64(cpu: str) -> None:
    if shutil.which("qemu-aarch64") is None:
        pytest.skip("qemu-aarch64 is not installed")
    flags = ("-O1", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=all")
    program = built("replay", *flags, more=REPLAY, compiler="aarch64-linux-gnu-gcc")
    qemu = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", "-cpu", cpu]
    done = subprocess.run([*qemu, program, *CORPUS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.device
def test_corpus_under_valgrind() -> None:
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    program = built("replay", "-O1", "-g", more=REPLAY)
    valgrind = ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=9"]
    done = subprocess.run(
        [*valgrind, program, *CORPUS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
