"""Whole commands on mutated files and options: exit code, one line, nothing left, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from act_artefact.command import MOST
from tests.hostile import options
from tests.hostile.conftest import FULL_PROCESSES, SHARE
from tests.hostile.material import Material
from tests.hostile.outcome import MEMORY

SECONDS = 120
"""Most that a command may take: an allowed option may ask for a lot."""

MODULES = {
    "act-export": "act_export.cli",
    "act-profile": "act_profiling.cli",
    "act-train": "act_mobile.training.cli",
}
EXPORT = ("m.pt", "--target", "native", "--samples", "5", "--data", "eval.npz", "-o", "out")
PROFILE = ("m.actn", "--data", "eval.npz", *options.QUICK)
TRAIN = ("parity", *options.SMALL, "--evaluate-every", "2")


@dataclass(frozen=True)
class Case:
    """A command, and the file that is mutated for it; no file: its options are."""

    command: str
    line: tuple[str, ...]
    file: str = ""
    write: str = ""
    """The method of :class:`Material` that writes the file."""


CASES = (
    Case("act-export", EXPORT, "m.pt", "write_model"),
    Case("act-export", EXPORT, "eval.npz", "write_data"),
    Case("act-profile", PROFILE, "m.manifest.json", "write_manifest"),
    Case("act-profile", PROFILE, "m.golden.npz", "write_golden"),
    Case("act-profile", PROFILE, "eval.npz", "write_data"),
    Case("act-profile", ("compare", "r.json", "r.json", "--json"), "r.json", "write_report"),
    Case("act-profile", ("compare", "r.json", "r.json"), "r.json", "write_report"),
    Case(
        "act-train", (*TRAIN, "--resume", "-o", "run"), "run/checkpoints/last.ckpt",
        "write_checkpoint",
    ),
    Case("act-export", ()),
    Case("act-profile", ()),
    Case("act-profile", ()),
    Case("act-train", ()),
)  # fmt: skip
"""Taken in turn."""

LINES = {
    "act-export": options.export_line,
    "act-profile": options.profile_line,
    "act-train": options.train_line,
}


@dataclass(frozen=True)
class Ending:
    """The end of a process; ``code`` is None where it was ended at its time limit."""

    code: int | None
    errors: str
    kib: int


def run(folder: Path, command: str, line: list[str]) -> Ending:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder.parent / "tmp")}
    Path(environment["TMPDIR"]).mkdir(exist_ok=True)
    errors = folder.parent / "errors"
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULES[command], *line],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=file,
        )  # fmt: skip
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        in_time = timer.is_alive()
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    text = errors.read_bytes().decode()
    return Ending(process.returncode if in_time else None, text, usage.ru_maxrss)


def faults(ending: Ending, good_kib: int, left: list[Path]) -> list[str]:
    found = []
    if ending.code not in (0, 1, 2):
        found.append(f"exit code {ending.code}")
    if "Traceback" in ending.errors:
        found.append(f"a traceback: {ending.errors[-300:]}")
    if ending.code in (1, 2):
        own = [line for line in ending.errors.splitlines() if ": error: " in line]
        if len(own) != 1 or not own[0].isprintable() or len(own[0]) > MOST + 40:
            found.append(f"errors in {len(own)} lines: {ending.errors[-300:]!r}")
    if ending.code and left:
        found.append(f"leaves {left}")
    if ending.kib > good_kib + MEMORY:
        found.append(f"took {ending.kib >> 10} MiB")
    return found


@pytest.fixture(scope="module")
def good_kib(material: Material, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The memory of each command on good files, which it takes."""
    taken = {}
    for number, case in enumerate(CASES):
        if case.file and case.command not in taken:
            folder = tmp_path_factory.mktemp("good") / str(number)
            material.copy(folder)
            ending = run(folder, case.command, [*case.line])
            assert ending.code == 0, ending.errors
            taken[case.command] = ending.kib
    return taken


def attempt(number: int, material: Material, folder: Path, good_kib: dict[str, int]) -> None:
    random, case = Random(f"process {number}"), CASES[number % len(CASES)]
    inside = folder / "inside"
    material.copy(inside)
    line = [*case.line] or LINES[case.command](random)
    if case.file:
        getattr(material, case.write)(random, inside / case.file)
    there = set(inside.rglob("*"))
    ending = run(inside, case.command, line)
    left = sorted(set(inside.rglob("*")) - there) + sorted((folder / "tmp").glob("act-*"))
    found = faults(ending, good_kib[case.command], left)
    assert not found, f"{case.command} {line} with {case.file or 'its options'}: {found}"


@pytest.mark.parametrize("number", range(0, len(CASES), 3))
def test_a_few_processes(
    number: int, material: Material, tmp_path: Path, good_kib: dict[str, int]
) -> None:
    attempt(number, material, tmp_path, good_kib)


# Every so many, so that a share has cases of all kinds: 13 is coprime to their number.
CHOSEN = [n for n in range(FULL_PROCESSES) if n * 13 % FULL_PROCESSES < SHARE * FULL_PROCESSES]


@pytest.mark.hostile
@pytest.mark.parametrize("number", CHOSEN)
def test_processes(
    number: int, material: Material, tmp_path: Path, good_kib: dict[str, int]
) -> None:
    attempt(number, material, tmp_path, good_kib)
