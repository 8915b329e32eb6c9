"""Adaptive Computation Time RNNs for phones: the model, its tasks and its training.

Names are loaded when first used, so that the commands' ``--help`` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from act_artefact import __version__ as __version__

if TYPE_CHECKING:
    from act_mobile.act import ACT, ACTOutput, PonderCost
    from act_mobile.causal import CausalConv1d
    from act_mobile.files import SavedModel, load_model, load_saved, save_model
    from act_mobile.iterated import IteratedConfig, IteratedModel
    from act_mobile.model import ACTConfig, ACTModel
    from act_mobile.ponder.module import Ponder
    from act_mobile.state import StateTensor

_HOME = {
    "ACT": "act",
    "ACTOutput": "act",
    "PonderCost": "act",
    "CausalConv1d": "causal",
    "IteratedConfig": "iterated",
    "IteratedModel": "iterated",
    "Ponder": "ponder.module",
    "ACTConfig": "model",
    "ACTModel": "model",
    "SavedModel": "files",
    "StateTensor": "state",
    "load_model": "files",
    "load_saved": "files",
    "save_model": "files",
}

__all__ = [
    "ACT",
    "ACTConfig",
    "ACTModel",
    "ACTOutput",
    "CausalConv1d",
    "IteratedConfig",
    "IteratedModel",
    "Ponder",
    "PonderCost",
    "SavedModel",
    "StateTensor",
    "load_model",
    "load_saved",
    "save_model",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
