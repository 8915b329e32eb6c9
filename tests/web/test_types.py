"""act.js's types, by TypeScript's compiler: its own, and those that a program sees."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from act_engine.wasm import WEB

pytestmark = pytest.mark.web

STRICT = ("--noEmit", "--allowJs", "--strict", "--target", "es2022", "--lib", "es2022,dom")

PROGRAM = """
import { ActEngine, ActError, missing } from "./act.js";

const engine: ActEngine = await ActEngine.load();
const model = await engine.open(new URL("model.actn", import.meta.url));
const context = model.context();
const y: Float32Array = context.step([1, 2, 3]);
const { ponderSteps }: { ponderSteps: Int32Array } = context.runTokens([1, 2]);
context.state = context.state;
const { channels, height, width }: { channels: number; height: number; width: number } = model;
const pooled: boolean = model.pooled;
const pixels = new Float32Array(channels * height * width);
const image: Float32Array = context.runImage(pixels, height, width);
const lacks: string = missing();
context.setBudget({ maxPonder: 3 });
const halting: string = model.layers[0].halting;
try {
  context.stepToken(7);
} catch (error) {
  if (error instanceof ActError) console.log(error.status + 1, error.message);
}
console.log(y, ponderSteps, halting, image, pooled, lacks);
"""

WRONG = """
context.step("text").toFixed();
model.inputSize = 3;
await engine.open(3);
new ActEngine();
context.runImage([1]);
"""


def tsc(compiler: Path, *words: str | Path) -> list[str]:
    """Return the compiler's complaints."""
    command = [compiler, *STRICT, "--module", "es2022", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if "error" in line]


def test_they_hold_in_act_js(typescript: Path) -> None:
    assert tsc(typescript, "--checkJs", WEB / "act.js") == []


def test_a_program_sees_them(typescript: Path, tmp_path: Path) -> None:
    shutil.copy(WEB / "act.js", tmp_path)
    program = tmp_path / "program.ts"
    program.write_text(PROGRAM)
    assert tsc(typescript, program) == []
    program.write_text(PROGRAM + WRONG)
    lines = {int(error.split("(")[1].split(",")[0]) for error in tsc(typescript, program)}
    first = len(PROGRAM.splitlines()) + 2
    assert lines == set(range(first, first + 5))
