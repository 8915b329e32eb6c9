"""Core ML, for Apple's systems; elsewhere an evaluator of this project's own checks it."""

from __future__ import annotations

from act_artefact.targets.target import AppRuntime, Target

TARGET = Target(
    name="coreml",
    suffix=".mlpackage",
    packages=("coremltools",),
    modules=("coremltools",),
    runtime="evaluated, not run by Apple's runtime",
    measured=False,
    device=AppRuntime("ios", "an iPhone"),
    readers=dict.fromkeys(("fp32", "fp16", "int8"), "iOS 16, macOS 13"),
    folder=True,
    example="my.models:tagger --weights tagger.pt --data eval.npz --target coreml",
)
