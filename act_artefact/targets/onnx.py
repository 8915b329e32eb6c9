"""ONNX, for ONNX Runtime."""

from __future__ import annotations

from act_artefact.targets.target import LibraryRuntime, Target, WebRuntime

TARGET = Target(
    name="onnx",
    suffix=".onnx",
    packages=("onnx", "onnxscript", "onnxruntime"),
    modules=("onnx", "onnxscript", "onnxruntime"),
    runtime="ONNX Runtime",
    device=LibraryRuntime(
        package="onnxruntime",
        module="onnxruntime",
        pattern="capi/libonnxruntime.so*",
        names=("libonnxruntime.so*",),
        version="1.31.1",
        sha256="da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
        platform="manylinux_2_28_aarch64",
        op_profiles="onnxruntime",
    ),
    web=WebRuntime("ONNX Runtime Web", "onnxruntime-web", "1.30.0"),
    readers={
        "fp32": "ONNX Runtime 1.14 (opset 18)",
        "fp16": "ONNX Runtime 1.14 (opset 18)",
        "int8": "ONNX Runtime 1.22 (8-bit MatMulNBits)",
    },
    keeps_layers=True,
    # A GRU's steps are two operations when written out, and the second may be left out.
    unrolled_from=0.0,
    example="model.pt --target onnx --ponder loop --sequence 32 --batch 4",
)
