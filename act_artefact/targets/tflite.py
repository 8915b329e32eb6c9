"""TFLite, for LiteRT; the TfLite C API of older libraries runs it too."""

from __future__ import annotations

from act_artefact.targets.target import LibraryRuntime, Target, WebRuntime

TARGET = Target(
    name="tflite",
    suffix=".tflite",
    packages=("litert-torch", "litert-converter", "ai-edge-litert", "ai-edge-quantizer"),
    modules=("litert_torch", "litert_converter", "ai_edge_litert", "ai_edge_quantizer"),
    runtime="LiteRT",
    device=LibraryRuntime(
        package="ai-edge-litert",
        module="ai_edge_litert",
        pattern="libLiteRt.so",
        names=("libLiteRt*.so", "libtensorflowlite*.so", "libtflite*.so"),
        version="2.3.0",
        sha256="853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae",
        platform="manylinux_2_27_aarch64",
        op_profiles="litert",  # the TfLite C API writes none
    ),
    web=WebRuntime("LiteRT.js", "@litertjs/core", "2.5.3", ("@litertjs/wasm-utils",)),
    readers={
        "fp32": "tflite-runtime 2.14",
        "fp16": "tflite-runtime 2.14",
        "int8": "TensorFlow 2.21 (FULLY_CONNECTED 12)",
    },
    named_axes=False,  # litert-torch 0.10 fails on shapes that are computed
    signatures=True,
    example="model.pt --target tflite",
)
