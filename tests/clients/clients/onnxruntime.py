"""The oldest ONNX Runtimes that read an export: act_artefact/targets/onnx.py states them."""

from __future__ import annotations

from tests.clients.clients.pythonic import PythonClient


def _release(version: str, python: str | None = None, quick: bool = True) -> PythonClient:
    return PythonClient(
        name="onnxruntime",
        version=version,
        target="onnx",
        quick=quick,
        program="run_onnxruntime.py",
        requirements=(f"onnxruntime=={version}", "numpy<2"),
        python=python,
    )


# Opset 18 came with 1.14, whose wheels end with Python 3.10; products with 8-bit weights with 1.22.
CLIENTS = (_release("1.14.1", "3.10"), _release("1.22.1", quick=False))
