"""act.h by ctypes: its functions with their types; a status that is not ACT_OK is raised."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_float, c_int, c_int32, c_size_t, c_void_p
from functools import cache
from typing import Any

from act_engine import build
from act_engine.errors import ActError

Handle = c_void_p
"""Handle of an ActModel or an ActContext."""


class Sizes(ctypes.Structure):
    """``ActSizes``."""

    input_size: int
    vocab_size: int
    output_size: int
    layers: int
    max_ponder: int
    halt_threshold: float
    state_size: int
    context_bytes: int
    channels: int
    height: int
    width: int
    pooled: int

    _fields_ = [
        *((name, c_int32) for name in ("input_size", "vocab_size", "output_size", "layers")),
        ("max_ponder", c_int32),
        ("halt_threshold", c_float),
        ("state_size", c_size_t),
        ("context_bytes", c_size_t),
        *((name, c_int32) for name in ("channels", "height", "width", "pooled")),
    ]


FLOATS = INT32S = c_void_p
"""Addresses of arrays; None is NULL."""

CAN_FAIL: dict[str, tuple[Any, ...]] = {
    "open": (c_char_p, POINTER(Handle)),
    "open_memory": (c_void_p, c_size_t, POINTER(Handle)),
    "sizes": (Handle, POINTER(Sizes)),
    "layer": (Handle, c_int32, POINTER(c_int32), POINTER(c_int32)),
    "halting": (Handle, c_int32, POINTER(c_char_p), POINTER(c_int32)),
    "metadata": (Handle, POINTER(c_void_p), POINTER(c_size_t)),
    "use_kernels": (Handle, c_char_p),
    "context_new": (Handle, POINTER(Handle)),
    "reset": (Handle,),
    "set_budget": (Handle, c_float, c_int32),
    "step": (Handle, FLOATS, FLOATS),
    "step_token": (Handle, c_int32, FLOATS),
    "run": (Handle, FLOATS, c_size_t, FLOATS, INT32S, FLOATS),
    "run_tokens": (Handle, INT32S, c_size_t, FLOATS, INT32S, FLOATS),
    "run_image": (Handle, FLOATS, c_int32, c_int32, FLOATS),
    "state_get": (Handle, FLOATS),
    "state_set": (Handle, FLOATS),
}
"""The functions that return an ActStatus, without their ``act_``, and what they take."""

OTHERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "message": (c_char_p, (c_int,)),
    "close": (None, (Handle,)),
    "kernels": (c_char_p, (Handle,)),
    "context_free": (None, (Handle,)),
    "ponder_steps": (c_int32, (Handle, c_int32)),
    "remainder": (c_float, (Handle, c_int32)),
}


@cache
def library() -> Any:
    """The engine, whose functions are attributes as in act.h.

    Raises:
        UserError: it has to be compiled first, and cannot be.
    """
    loaded = ctypes.CDLL(str(build.library()))
    for name, (result, arguments) in OTHERS.items():
        function = getattr(loaded, f"act_{name}")
        function.restype, function.argtypes = result, arguments

    def check(status: int, *_: Any) -> None:
        if status:
            raise ActError(status, loaded.act_message(status).decode())

    for name, arguments in CAN_FAIL.items():
        function = getattr(loaded, f"act_{name}")
        function.restype, function.argtypes, function.errcheck = c_int, arguments, check
    return loaded
