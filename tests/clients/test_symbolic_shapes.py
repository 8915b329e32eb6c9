"""ONNX Runtime's symbolic shape inference, which its quantisation and mobile tools begin with."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

from tests.clients.exports import ROWS, Artefact, Row

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        os.environ.get("ACT_CLIENTS") == "quick",
        reason="left out of a quick run",
    ),
]

FAILS = {
    # ReduceMax has its axes as an input since opset 18: the result's rank stays unknown.
    "parity-unroll-batch4-fp16": (TypeError, "object of type 'NoneType' has no len()"),
}
"""Failures of onnxruntime 1.32.0, by export; an entry whose export no longer fails goes."""


def infer(artefact: Artefact) -> None:
    import onnx
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

    for path in artefact.files().values():
        SymbolicShapeInference.infer_shapes(onnx.load(path), auto_merge=True)


@pytest.mark.parametrize(
    "name",
    [
        "parity-loop-fp32",
        "parity-loop-budget-fp32",
        "parity-host-fp16",
        "parity-peeled-int8",
        *FAILS,
    ],
)
def test_infers(name: str, exported: Callable[[Row, str], Artefact]) -> None:
    (row,) = (row for row in ROWS if row.name == name)
    artefact = exported(row, "onnx")
    if name not in FAILS:
        infer(artefact)
        return
    error, message = FAILS[name]
    with pytest.raises(error, match=re.escape(message)):
        infer(artefact)
