"""act.wasm: the sources' own bytes, no imports, small; its kernels against the portable ones."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from act_engine.build import SOURCES
from act_engine.wasm import EXPORTED, STACK, WEB, build, compile_wasm
from tests.web.runtimes import PROGRAMS

pytestmark = pytest.mark.web

MODULE = WEB / "act.wasm"

DESCRIBE = """
import { readFileSync } from "node:fs";
const module = new WebAssembly.Module(readFileSync(process.argv[1]));
const { exports } = new WebAssembly.Instance(module);
const names = WebAssembly.Module.exports(module).map(({ name }) => name);
const memory = exports.memory.buffer.byteLength;
console.log(JSON.stringify({ imports: WebAssembly.Module.imports(module), names, memory }));
"""


def test_it_is_what_the_sources_give(tmp_path: Path) -> None:
    build(tmp_path / "act.wasm")
    same = (tmp_path / "act.wasm").read_bytes() == MODULE.read_bytes()
    assert same, "act.wasm is of other sources: make web-engine"


def test_it_imports_nothing_and_begins_small() -> None:
    command = ["node", "--input-type=module", "--eval", DESCRIBE, str(MODULE)]
    facts = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert facts["imports"] == []
    assert set(facts["names"]) == {*EXPORTED, "memory", "_initialize"}
    assert facts["memory"] <= 2 * STACK


def test_it_is_small() -> None:
    assert MODULE.stat().st_size < 120_000
    assert len(gzip.compress(MODULE.read_bytes())) < 30_000


def test_kernels_compute_the_same(tmp_path: Path) -> None:
    """native/engine/test/kernels_test.c in Node's WASI."""
    program = tmp_path / "kernels_test.wasm"
    kernels = sorted(SOURCES.glob("kernels*.c"))
    compile_wasm([SOURCES / "test" / "kernels_test.c", *kernels], program)
    command = ["node", "--no-warnings", PROGRAMS / "wasi.mjs", program, "5003"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wasm-simd128: largest error of sigmoid" in done.stdout
    assert "fastest: wasm-simd128" in done.stdout
