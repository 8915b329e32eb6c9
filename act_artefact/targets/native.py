"""The native engine's own file."""

from __future__ import annotations

from act_artefact.targets.target import BuiltInRuntime, Target

TARGET = Target(
    name="native",
    suffix=".actn",
    runtime="act-engine",
    device=BuiltInRuntime(
        runner="act-runner-native", folder="engine", engine_module="act_engine.build"
    ),
    readers=dict.fromkeys(("fp32", "fp16", "int8", "int4"), "act-engine 0.1"),
    ponders=("loop",),
    traced=False,
    bounded_axes=True,
    embeds=True,
    on_page=True,
    example="model.pt --target native --emit-c",
)
