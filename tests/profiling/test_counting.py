"""Counts of arm64 work: which instructions count as what, and that counts are exact."""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from act_artefact.compiling import find_compiler
from act_artefact.errors import UserError
from act_artefact.manifest import read_manifest
from act_profiling.counting import PLUGIN_SOURCES, count
from act_profiling.devices import Settings
from act_profiling.rows import read_rows
from tests.profiling.conftest import Exported
from tests.profiling.running_sum import running_sum
from tests.profiling.test_runner import calls_of, prepare

ASSEMBLER = shutil.which("aarch64-linux-gnu-as")
EMULATES = ASSEMBLER and shutil.which("qemu-aarch64")

needs_assembler = pytest.mark.skipif(not ASSEMBLER, reason="needs binutils-aarch64-linux-gnu")
needs_emulation = pytest.mark.skipif(
    not EMULATES, reason="needs qemu-user and gcc-aarch64-linux-gnu"
)

FP32_MACS = {
    "fmla v0.4s, v1.4s, v2.4s": 4,
    "fmls v0.2s, v1.2s, v2.2s": 2,
    "fmla v0.4s, v1.4s, v2.s[3]": 4,
    "fmls v0.2s, v1.2s, v2.s[1]": 2,
    "fmla s0, s1, v2.s[1]": 1,
    "fmadd s0, s1, s2, s3": 1,
    "fnmsub s0, s1, s2, s3": 1,
}
INT8_MACS = {
    "sdot v0.4s, v1.16b, v2.16b": 16,
    "udot v0.2s, v1.8b, v2.8b": 8,
    "sdot v0.4s, v1.16b, v2.4b[3]": 16,
    "usdot v0.4s, v1.16b, v2.16b": 16,
    "sudot v0.4s, v1.16b, v2.4b[1]": 16,
    "smmla v0.4s, v1.16b, v2.16b": 32,
    "usmmla v0.4s, v1.16b, v2.16b": 32,
    "smlal v0.8h, v1.8b, v2.8b": 8,
    "smull2 v0.8h, v1.16b, v2.16b": 8,
    "umlal v0.4s, v1.4h, v2.4h": 4,
    "smlal v0.4s, v1.4h, v2.h[3]": 4,
}
LOADS = (
    *(
        "ldr x0, [x1]",
        "ldrsw x0, [x1, #4]",
        "ldr q0, [x1, x2]",
        "ldr s0, .+8",
        "ldur d0, [x1, #-8]",
    ),
    *("ldp q0, q1, [x2], #32", "ld1 {v0.4s, v1.4s}, [x1], #32", "ld1r {v0.4s}, [x1]"),
    *("ldxr x0, [x1]", "ldar w0, [x1]", "ldadd x0, x1, [x2]"),
)
STORES = (
    *("str x0, [x1]", "strh w0, [x1]", "str q0, [x1], #16", "stur q0, [x1, #-8]"),
    *("stp x0, x1, [x2, #-16]!", "st1 {v0.s}[1], [x1], #4", "stlr w0, [x1]"),
)
NEITHER = (
    *("fmla v0.2d, v1.2d, v2.2d", "fmla v0.8h, v1.8h, v2.8h", "fmla v0.2d, v1.2d, v2.d[1]"),
    *("fmadd d0, d1, d2, d3", "fmul v0.4s, v1.4s, v2.s[1]", "fmlal v0.4s, v1.4h, v2.4h"),
    *("fadd v0.4s, v1.4s, v2.4s", "fcmla v0.4s, v1.4s, v2.4s, #90", "bfdot v0.4s, v1.8h, v2.8h"),
    *("smlal v0.2d, v1.2s, v2.2s", "saddl v0.8h, v1.8b, v2.8b", "sqdmlal v0.4s, v1.4h, v2.4h"),
    *("sshll v0.8h, v1.8b, #0", "movi v0.4s, #1", "mul v0.4s, v1.4s, v2.4s", "madd x0, x1, x2, x3"),
    *("prfm pldl1keep, [x1]", "prfm pldl1keep, [x1, x2]", "b .", "svc 0", "dmb ish", "nop"),
)


class Work(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("instructions", "fp32_macs", "int8_macs", "loads", "stores")
    )


@needs_assembler
def test_each_instruction_counts_as_what_it_is(tmp_path: Path) -> None:
    expected = {
        **{text: (1, macs, 0, 0, 0) for text, macs in FP32_MACS.items()},
        **{text: (1, 0, macs, 0, 0) for text, macs in INT8_MACS.items()},
        **dict.fromkeys(LOADS, (1, 0, 0, 1, 0)),
        **dict.fromkeys(STORES, (1, 0, 0, 0, 1)),
        **dict.fromkeys(NEITHER, (1, 0, 0, 0, 0)),
    }
    source, made, code = (tmp_path / f"code.{end}" for end in ("s", "o", "bin"))
    source.write_text(".arch armv8.6-a+fp16+fp16fml\n" + "".join(f"{text}\n" for text in expected))
    copier = shutil.which("aarch64-linux-gnu-objcopy")
    assert ASSEMBLER
    assert copier
    subprocess.run([ASSEMBLER, source, "-o", made], check=True)
    subprocess.run([copier, "-O", "binary", "-j", ".text", made, code], check=True)
    shared = tmp_path / "instructions.so"
    instructions = PLUGIN_SOURCES / "instructions.c"
    subprocess.run(
        [*find_compiler("the test"), "-shared", "-fPIC", instructions, "-o", shared], check=True
    )
    library = ctypes.CDLL(str(shared))

    for text, (word,) in zip(expected, struct.iter_unpack("<I", code.read_bytes()), strict=True):
        work = Work()
        library.add_instruction(ctypes.byref(work), ctypes.c_uint32(word))
        found = tuple(getattr(work, name) for name, _ in Work._fields_)
        assert found == expected[text], text


@needs_emulation
def test_counts_repeat_and_are_linear_in_ponder_steps(exported: Exported) -> None:
    artefact = exported("tflite", "loop", "dynamic")
    manifest = read_manifest(artefact.with_suffix(".manifest.json"))
    calls = [
        call for call in calls_of(manifest, [1] * 60) if call.data.shape[1] == 1
    ]  # one time step each
    job = prepare(artefact.parent, manifest, calls)

    outcomes = [count(job, Settings(warmup=2), job.folder / "rows.bin") for _ in range(2)]

    assert outcomes[0].counts == outcomes[1].counts
    rows = read_rows(job.folder / "rows.bin", manifest, "ponder")
    steps = [int(row.outputs["ponder_steps"].sum()) for row in rows]
    macs = {
        n: {c["macs"] for c, m in zip(outcomes[0].counts, steps, strict=True) if m == n}
        for n in set(steps)
    }
    assert len(macs) >= 3
    assert all(len(each) == 1 for each in macs.values())
    two, three, *others = sorted(macs)
    fixed = next(iter(macs[two]))
    slope = (next(iter(macs[three])) - fixed) // (three - two)
    for n in others:
        assert macs[n] == {fixed + slope * (n - two)}


@needs_emulation
def test_an_unknown_cpu_is_refused(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [1]))
    with pytest.raises(UserError, match="no emulated cortex-m0"):
        count(job, Settings(), tmp_path / "rows.bin", "cortex-m0")
