"""The targets of an export: each described in one file, registered here."""

from __future__ import annotations

from act_artefact.targets import coreml, native, onnx, tflite
from act_artefact.targets.target import (
    AppRuntime,
    BuiltInRuntime,
    LibraryRuntime,
    Target,
    WebRuntime,
    suffixes,
)

__all__ = [
    "TARGETS",
    "AppRuntime",
    "BuiltInRuntime",
    "LibraryRuntime",
    "Target",
    "WebRuntime",
    "suffixes",
]

TARGETS: dict[str, Target] = {
    each.TARGET.name: each.TARGET for each in (onnx, tflite, coreml, native)
}
"""By name, in the order in which commands and reports list them."""
