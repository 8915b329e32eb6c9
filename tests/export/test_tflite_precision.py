"""int8 and fp16 files in LiteRT's interpreter: smaller, nearly as exact, floats in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from act_artefact.form import Form
from act_export.program import Program, trace
from act_export.reference import reference_steps
from act_export.runtimes import load
from act_export.samples import samples_for
from act_export.subject import Subject
from act_export.targets import tflite
from tests.export.conftest import pondering
from tests.export.test_tflite_loop import subject_of

ERRORS = {"fp16": 6e-4, "int8": 5e-3}
"""Twice the largest error that was measured in y, states and R, of which R is the worst."""


@pytest.fixture(scope="module")
def traced() -> tuple[Subject, Program]:
    """A GRU large enough to be worth int8."""
    subject = subject_of(pondering(cell="gru", hidden_size=96, vocab_size=90, max_ponder=6))
    return subject, trace(subject, Form(ponder="loop"))


@pytest.fixture(scope="module")
def files(
    traced: tuple[Subject, Program], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("precision")
    for precision in ("fp32", *ERRORS):
        tflite.convert(traced[1], folder / precision, {"about": precision}, precision)
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize("precision", ERRORS)
def test_error(precision: str, traced: tuple[Subject, Program], files: dict[str, Path]) -> None:
    subject, program = traced
    runtime, same = load("tflite", files[precision]), 0
    samples = samples_for(subject, None, 200)
    for step in reference_steps(subject, program.interface, program.form, samples):
        answer = runtime.run(step.inputs)
        if answer["ponder_steps"] == step.outputs["ponder_steps"]:
            same += 1
            for name in ("y", "remainder", "h0_out"):
                np.testing.assert_allclose(
                    answer[name], step.outputs[name], atol=ERRORS[precision], rtol=0
                )
                assert answer[name].dtype == np.float32
    assert same >= 196


@pytest.mark.parametrize(("precision", "at_most"), [("fp16", 0.58), ("int8", 0.42)])
def test_size(precision: str, at_most: float, files: dict[str, Path]) -> None:
    size = files[precision].stat().st_size
    assert size < at_most * files["fp32"].stat().st_size
    assert tflite.metadata(files[precision]) == {"about": precision}


def test_int8_halting_unit_stays_in_floats(files: dict[str, Path]) -> None:
    shapes = {shape for shape, kind in weights(files["int8"]) if kind == np.int8}
    assert (288, 96) in shapes
    assert (1, 96) not in shapes


def test_fp16_weights(files: dict[str, Path]) -> None:
    halves = {shape for shape, kind in weights(files["fp16"]) if kind == np.float16}
    assert {(288, 96), (1, 96)} <= halves


def weights(path: Path) -> list[tuple[tuple[int, ...], Any]]:
    """Shape and type of every tensor of the file's graphs."""
    interpreter = Interpreter(
        str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    return [
        (tuple(tensor["shape"]), tensor["dtype"])
        for graph in range(interpreter.num_subgraphs())
        for tensor in interpreter.get_tensor_details(graph)
    ]
