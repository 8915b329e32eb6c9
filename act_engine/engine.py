"""Models and contexts of act.h, with the same names."""

from __future__ import annotations

import ctypes
import os
import weakref
from ctypes import byref
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_engine.library import Handle, Sizes, library

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

ALIGNMENT = 64
"""Alignment in bytes of a model in memory."""


class Layer(NamedTuple):
    """A layer's halting, and its state: ``tensors`` vectors of ``hidden_size``, h and for LSTM c,
    then ``halting_state`` numbers that halting keeps."""

    hidden_size: int
    tensors: int
    halting: str
    """The policy's name."""
    halting_state: int


class Sequence(NamedTuple):
    """The results for a sequence."""

    y: Floats
    """(time, output_size)."""
    ponder_steps: Ints
    """N: (time, layers)."""
    remainders: Floats
    """R: (time, layers)."""


class Model:
    """An ``.actn`` file, mapped, or its bytes. Threads may share it.

    Args:
        source: the file's path, or all that is in it.

    Raises:
        ActError: it is no whole file of this format.
        OSError: there is no such file.
        UserError: the engine has to be compiled first, and cannot be.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes) -> None:
        self._library, handle = library(), Handle()
        if isinstance(source, bytes):
            self._memory = _aligned(source)
            self._library.act_open_memory(self._memory.ctypes.data, len(source), byref(handle))
        else:
            with Path(source).open("rb"):  # the operating system says best why it cannot
                pass
            self._library.act_open(os.fsencode(source), byref(handle))
        self.handle = handle
        self._close = weakref.finalize(self, self._library.act_close, handle)
        sizes = Sizes()
        self._library.act_sizes(handle, byref(sizes))
        self.input_size: int = sizes.input_size
        """Features of a time step; 0 where the model reads tokens or images."""
        self.vocab_size: int = sizes.vocab_size
        """Tokens are below it; 0 where the model reads features or images."""
        self.output_size: int = sizes.output_size
        self.max_ponder: int = sizes.max_ponder
        """The most of any layer."""
        self.halt_threshold: float = sizes.halt_threshold
        self.state_size: int = sizes.state_size
        """Floats of a context's state."""
        self.context_bytes: int = sizes.context_bytes
        """Memory that a context takes."""
        self.channels: int = sizes.channels
        """Channels of an image; 0 where the model reads time steps."""
        self.height: int = sizes.height
        """Height of the largest image; 0 where the model reads time steps."""
        self.width: int = sizes.width
        """Width of the largest image; 0 where the model reads time steps."""
        self.pooled = bool(sizes.pooled)
        """True if an image has one answer, False if each of its places has one."""
        self.layers = [self._layer(index) for index in range(sizes.layers)]

    def _layer(self, index: int) -> Layer:
        hidden_size, tensors = ctypes.c_int32(), ctypes.c_int32()
        self._library.act_layer(self.handle, index, byref(hidden_size), byref(tensors))
        name, floats = ctypes.c_char_p(), ctypes.c_int32()
        self._library.act_halting(self.handle, index, byref(name), byref(floats))
        assert name.value is not None
        return Layer(hidden_size.value, tensors.value, name.value.decode(), floats.value)

    @property
    def metadata(self) -> str:
        """The model's metadata as the exporter wrote it: JSON."""
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        self._library.act_metadata(self.handle, byref(text), byref(size))
        return ctypes.string_at(text, size.value).decode()

    @property
    def kernels(self) -> str:
        """The name of the kernels that new contexts use."""
        name: bytes = self._library.act_kernels(self.handle)
        return name.decode()

    def use_kernels(self, name: str | None) -> None:
        """Use kernels of a name in contexts made from now on; None for the fastest there are."""
        self._library.act_use_kernels(self.handle, None if name is None else name.encode())

    def context(self) -> Context:
        """A sequence that begins."""
        return Context(self)


class Context:
    """The state of one sequence, and its budget; for one thread at a time."""

    def __init__(self, model: Model) -> None:
        self.model = model  # which stays open as long as this is in use
        self._library, handle = library(), Handle()
        self._library.act_context_new(model.handle, byref(handle))
        self.handle = handle
        self._free = weakref.finalize(self, self._library.act_context_free, handle)

    def reset(self) -> None:
        """Begin a new sequence; the budget stays."""
        self._library.act_reset(self.handle)

    def set_budget(self, threshold: float, max_ponder: int) -> None:
        """End time steps where halting reaches a threshold or after so many ponder steps."""
        self._library.act_set_budget(self.handle, threshold, max_ponder)

    def step(self, x: npt.ArrayLike | int) -> Floats:
        """One time step: x (input_size), or a token -> y (output_size)."""
        model = self.model
        y = np.empty(model.output_size, np.float32)
        if model.vocab_size:
            if not isinstance(x, int | np.integer):
                raise TypeError(f"this model reads tokens: {type(x).__name__} is no whole number")
            self._library.act_step_token(self.handle, int(x), y.ctypes.data)
        else:
            given = _exactly(x, np.float32, (model.input_size,))
            self._library.act_step(self.handle, given.ctypes.data, y.ctypes.data)
        return y

    def run(self, x: npt.ArrayLike) -> Sequence:
        """A sequence: x (time, input_size), or tokens (time), which follows what came before."""
        model, layers = self.model, len(self.model.layers)
        time = len(np.asarray(x))
        answer = Sequence(
            np.empty((time, model.output_size), np.float32),
            np.empty((time, layers), np.int32),
            np.empty((time, layers), np.float32),
        )
        if model.vocab_size:
            given = _exactly(x, np.int32, (time,))
            run = self._library.act_run_tokens
        else:
            given = _exactly(x, np.float32, (time, model.input_size))
            run = self._library.act_run
        run(self.handle, given.ctypes.data, time, *(array.ctypes.data for array in answer))
        return answer

    def run_image(self, x: npt.ArrayLike) -> Floats:
        """An image: x (channels, height, width) -> y (height, width, output_size), or pooled
        (output_size). Any height and width up to the model's."""
        model = self.model
        height, width = np.shape(x)[-2:] if np.ndim(x) == 3 else (0, 0)
        given = _exactly(x, np.float32, (model.channels, height, width))
        places = () if model.pooled else (height, width)
        y = np.empty((*places, model.output_size), np.float32)
        self._library.act_run_image(self.handle, given.ctypes.data, height, width, y.ctypes.data)
        return y

    @property
    def ponder_steps(self) -> list[int]:
        """N of each layer in the last time step, or image; 0 before the first, and where none was
        due."""
        count = range(len(self.model.layers))
        return [self._library.act_ponder_steps(self.handle, layer) for layer in count]

    @property
    def remainders(self) -> list[float]:
        """The policy's figure beside N, for ``act`` R, of each layer in the last time step, or
        image; 0 before the first."""
        count = range(len(self.model.layers))
        return [self._library.act_remainder(self.handle, layer) for layer in count]

    @property
    def state(self) -> Floats:
        """All of the state: layer by layer h, for LSTM c, and what its halting keeps."""
        state = np.empty(self.model.state_size, np.float32)
        self._library.act_state_get(self.handle, state.ctypes.data)
        return state

    @state.setter
    def state(self, state: npt.ArrayLike) -> None:
        given = _exactly(state, np.float32, (self.model.state_size,))
        self._library.act_state_set(self.handle, given.ctypes.data)


def _exactly(values: npt.ArrayLike, dtype: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """As the engine reads it.

    Raises:
        ValueError: it has another shape.
        TypeError: numbers of this kind cannot be read as ``dtype``.
    """
    given = np.asarray(values)
    if given.shape != shape:
        raise ValueError(f"shape {given.shape}, this model takes {shape}")
    return np.ascontiguousarray(given.astype(dtype, casting="same_kind"))


def _aligned(contents: bytes) -> npt.NDArray[np.uint8]:
    memory = np.empty(len(contents) + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    memory[start : start + len(contents)] = np.frombuffer(contents, np.uint8)
    return memory[start : start + len(contents)]
