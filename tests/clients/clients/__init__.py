"""The clients: each described in one file, registered here."""

from __future__ import annotations

from tests.clients.client import Client
from tests.clients.clients import (
    litert_js,
    onnxruntime,
    onnxruntime_node,
    onnxruntime_web,
    openvino,
    ort_format,
    tensorflow,
    tflite_runtime,
)

CLIENTS: tuple[Client, ...] = (
    *onnxruntime.CLIENTS,
    ort_format.CLIENT,
    onnxruntime_node.CLIENT,
    onnxruntime_web.CLIENT,
    *openvino.CLIENTS,
    tflite_runtime.CLIENT,
    tensorflow.CLIENT,
    litert_js.CLIENT,
)
"""In the order in which the tables list them."""
