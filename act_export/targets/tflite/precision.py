"""Weights in fewer bits, by ai-edge-quantizer, on a finished flatbuffer; all tensors stay floats.

int8: weights with a scale per output channel; the runtime's kernels quantize what they multiply
with them as it comes (dynamic range). fp16: weights are widened once, when the file is loaded.
"""

from __future__ import annotations

import struct
from typing import Any

from ai_edge_quantizer.quantizer import Quantizer
from litert_converter import schema_py_generated as schema

SMALL = 4096
"""Weights of fewer elements stay floats in int8. Halting units are among them in layers with fewer
hidden units: they decide N, and as int8 would save 12 KiB at most."""


VERSION = 8
"""Where the schema has an operator code's version."""

PER_CHANNEL = {
    schema.BuiltinOperator.FULLY_CONNECTED: 12,
    schema.BuiltinOperator.EMBEDDING_LOOKUP: 4,
}
"""The first versions of these operations whose weights may have more than one scale. A runtime that
does not know them, as TFLite 2.14, would not refuse such weights, but compute something else."""


def with_precision(flatbuffer: bytes, precision: str) -> bytes:
    """The same model in ``fp32``, ``fp16`` or ``int8``."""
    if precision == "fp32":
        return flatbuffer
    if precision == "int8":
        flatbuffer = _with_versions(flatbuffer, PER_CHANNEL)
    quantized = Quantizer(flatbuffer, RECIPES[precision]).quantize().quantized_model
    assert quantized is not None
    return bytes(quantized)


def _with_versions(flatbuffer: bytes, versions: dict[int, int]) -> bytes:
    """The same with its operations declared in these versions, which the quantizer keeps."""
    changed = bytearray(flatbuffer)
    model = schema.Model.GetRootAs(changed, 0)
    for index in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(index)
        if (version := versions.get(code.BuiltinCode())) is not None:
            place = code._tab.Offset(VERSION)
            assert place, "the converter writes every version"
            struct.pack_into("<i", changed, code._tab.Pos + place, version)
    return bytes(changed)


def _rule(operation: str, algorithm: str, weights: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {
        "regex": ".*",
        "operation": operation,
        "algorithm_key": algorithm,
        "op_config": {"weight_tensor_config": weights, **config},
    }


RECIPES = {
    "fp16": [
        _rule(
            operation,
            "float_casting",
            {"num_bits": 16, "dtype": "FLOAT"},
            compute_precision="FLOAT",
            explicit_dequantize=True,
        )
        for operation in ("FULLY_CONNECTED", "EMBEDDING_LOOKUP", "CONV_2D", "DEPTHWISE_CONV_2D")
    ],
    "int8": [
        _rule(
            "*",
            "min_max_uniform_quantize",
            {"num_bits": 8, "dtype": "INT", "symmetric": True, "granularity": "CHANNELWISE"},
            compute_precision="INTEGER",
            min_weight_elements=SMALL,
        )
    ],
}
"""ai-edge-quantizer's recipes, by precision."""
