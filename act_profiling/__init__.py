"""The cost of pondering on a device: latency, ponder steps and accuracy of an exported model.

Knows artefacts, their manifests and data; imports no torch. Names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from act_profiling.api import profile
    from act_profiling.devices.open import open_devices

_HOME = {"open_devices": "devices.open", "profile": "api"}

__all__ = ["open_devices", "profile"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
