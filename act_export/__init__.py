"""A trained ACT model to ONNX, TFLite, Core ML or the native engine, checked against the model.

Names are loaded when first used, so that ``act-export --help`` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from act_artefact.manifest import Manifest, read_manifest
    from act_export.api import Export, export
    from act_export.options import Options

_HOME = {
    "Export": "act_export.api",
    "Options": "act_export.options",
    "export": "act_export.api",
    "Manifest": "act_artefact.manifest",
    "read_manifest": "act_artefact.manifest",
}

__all__ = ["Export", "Manifest", "Options", "export", "read_manifest"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
