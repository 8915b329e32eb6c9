"""The C API as it is, by ctypes: statuses, not exceptions."""

from __future__ import annotations

import ctypes
import re
from ctypes import POINTER, byref, c_char_p, c_float, c_int32, c_size_t, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_HEADER = (Path(__file__).parents[2] / "native/engine/act.h").read_text()
_STATUSES = re.findall(r"^  (ACT_[A-Z_]+)(?: = 0)?,? +/\*|^  (ACT_OK) = 0", _HEADER, re.MULTILINE)
STATUS = {name or ok: code for code, (name, ok) in enumerate(_STATUSES)}
"""Codes by name."""


class Sizes(ctypes.Structure):
    _fields_ = [
        *((name, c_int32) for name in ("input_size", "vocab_size", "output_size", "layers")),
        *(("max_ponder", c_int32), ("halt_threshold", c_float)),
        *(("state_size", c_size_t), ("context_bytes", c_size_t)),
        *((name, c_int32) for name in ("channels", "height", "width", "pooled")),
    ]


def load(path: Path) -> ctypes.CDLL:
    """The engine's library, its functions declared."""
    library = ctypes.CDLL(str(path))
    library.act_message.restype = library.act_kernels.restype = c_char_p
    library.act_remainder.restype = c_float
    library.act_close.restype = library.act_context_free.restype = None
    x, time, layer = c_void_p, c_size_t, c_int32
    arguments: dict[str, list[Any]] = {
        "act_open": [c_char_p, POINTER(c_void_p)],
        "act_open_memory": [c_void_p, c_size_t, POINTER(c_void_p)],
        "act_close": [c_void_p],
        "act_sizes": [c_void_p, POINTER(Sizes)],
        "act_layer": [c_void_p, layer, POINTER(c_int32), POINTER(c_int32)],
        "act_metadata": [c_void_p, POINTER(c_void_p), POINTER(c_size_t)],
        "act_use_kernels": [c_void_p, c_char_p],
        "act_kernels": [c_void_p],
        "act_context_new": [c_void_p, POINTER(c_void_p)],
        "act_context_free": [c_void_p],
        "act_reset": [c_void_p],
        "act_set_budget": [c_void_p, c_float, c_int32],
        "act_step": [c_void_p, x, c_void_p],
        "act_step_token": [c_void_p, c_int32, c_void_p],
        "act_run": [c_void_p, x, time, c_void_p, c_void_p, c_void_p],
        "act_run_tokens": [c_void_p, x, time, c_void_p, c_void_p, c_void_p],
        "act_run_image": [c_void_p, x, c_int32, c_int32, c_void_p],
        "act_ponder_steps": [c_void_p, layer],
        "act_remainder": [c_void_p, layer],
        "act_state_get": [c_void_p, c_void_p],
        "act_state_set": [c_void_p, c_void_p],
    }
    for name, types in arguments.items():
        getattr(library, name).argtypes = types
    return library


class Engine:
    """A model and one context of it."""

    def __init__(self, library: ctypes.CDLL, contents: bytes) -> None:
        self.library = library
        self.bytes = aligned(contents)
        self.model, self.context, self.sizes = c_void_p(), c_void_p(), Sizes()
        status = library.act_open_memory(self.bytes.ctypes.data, len(self.bytes), byref(self.model))
        assert status == STATUS["ACT_OK"], library.act_message(status)
        assert library.act_sizes(self.model, byref(self.sizes)) == STATUS["ACT_OK"]
        assert library.act_context_new(self.model, byref(self.context)) == STATUS["ACT_OK"]

    def __del__(self) -> None:
        self.library.act_context_free(self.context)
        self.library.act_close(self.model)

    def run(self, x: npt.NDArray[Any]) -> tuple[int, Floats, npt.NDArray[np.int32], Floats]:
        """x (T, I) or tokens (T,) -> status, y (T, O), N and R (T, L)."""
        time = len(x)
        y = np.zeros((time, self.sizes.output_size), np.float32)
        steps = np.zeros((time, self.sizes.layers), np.int32)
        remainders = np.zeros((time, self.sizes.layers), np.float32)
        tokens = x.dtype != np.float32
        given = np.ascontiguousarray(x, np.int32 if tokens else np.float32)
        run = self.library.act_run_tokens if tokens else self.library.act_run
        outputs = (array.ctypes.data for array in (y, steps, remainders))
        return run(self.context, given.ctypes.data, time, *outputs), y, steps, remainders

    @property
    def state(self) -> Floats:
        state = np.zeros(self.sizes.state_size, np.float32)
        assert self.library.act_state_get(self.context, state.ctypes.data) == STATUS["ACT_OK"]
        return state

    def set_state(self, state: npt.ArrayLike) -> int:
        values = np.ascontiguousarray(state, np.float32)
        status: int = self.library.act_state_set(self.context, values.ctypes.data)
        return status


def aligned(contents: bytes, offset: int = 0) -> npt.NDArray[np.uint8]:
    """The bytes in memory that begins ``offset`` bytes after a multiple of 64."""
    room = np.zeros(len(contents) + 128, np.uint8)
    start = -room.ctypes.data % 64 + offset
    room[start : start + len(contents)] = np.frombuffer(contents, np.uint8)
    return room[start : start + len(contents)]
