"""Images in the C API: what is refused, and files that are not what they should be."""

from __future__ import annotations

import ctypes
import math
from ctypes import byref, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.native.engine import STATUS, Engine, aligned, load
from tests.native.small import (
    HEADER_BYTES,
    LAYER_BYTES,
    changed,
    contents,
    image_network,
    network,
)

LAYER, INPUT, RECURRENT = HEADER_BYTES, HEADER_BYTES + 64, HEADER_BYTES + 128
HEAD, ENCODER = HEADER_BYTES + LAYER_BYTES, 64
HUGE = [2**63, 2**64 - 64, 2**40]


@pytest.fixture(scope="module")
def library(engine_library: Path) -> ctypes.CDLL:
    return load(engine_library)


def opened(library: ctypes.CDLL, file: bytes) -> str:
    """The status that a file gets, by name."""
    memory, model = aligned(file), c_void_p()
    status = library.act_open_memory(memory.ctypes.data, len(file), byref(model))
    assert (status == STATUS["ACT_OK"]) == bool(model)
    library.act_close(model)
    return next(name for name, code in STATUS.items() if code == status)


FIELDS: dict[str, tuple[int, str, list[Any]]] = {
    "layers": (32, "I", [0, 2, 64]),
    "channels": (36, "I", [0, 1, 3, 4097, 2**32 - 1]),
    "vocabulary": (40, "I", [1, 2**32 - 1]),
    "encoder's store": (ENCODER, "I", [2, 3, 4]),
    "encoder's kind": (ENCODER + 4, "I", [1]),
    "encoder's rows": (ENCODER + 8, "I", [0, 2, 4, 2**32 - 1]),
    "encoder's columns": (ENCODER + 12, "I", [0, 2, 17, 19, 2**32 - 1]),
    "encoder's weights": (ENCODER + 16, "Q", [0, 64, 513, *HUGE]),
    "encoder's bias": (ENCODER + 40, "Q", [64, *HUGE]),
    "cell": (LAYER, "I", [0, 1, 2, 3, 5]),
    "hidden units": (LAYER + 4, "I", [0, 2, 4, 4097, 2**32 - 1]),
    "halting": (LAYER + 12, "I", [3, 4]),
    "halting weights": (LAYER + 24, "Q", [0, 64, *HUGE]),
    "a flag": (LAYER + 32, "Q", [448, 512, *HUGE]),
    "bias of the gate n": (LAYER + 40, "Q", [0, 64, *HUGE]),
    "height": (LAYER + 48, "I", [0, 4097, 2**32 - 1]),
    "width": (LAYER + 52, "I", [0, 4097, 2**32 - 1]),
    "pooled": (LAYER + 56, "I", [2, 2**32 - 1]),
    "filled": (LAYER + 60, "I", [2, 2**32 - 1]),
    "input's rows": (INPUT + 8, "I", [0, 8, 16, 48, 2**32 - 1]),
    "input's columns": (INPUT + 12, "I", [3, 18, 26, 28, 2**32 - 1]),
    "input's store": (INPUT, "I", [3]),
    "recurrent rows": (RECURRENT + 8, "I", [8, 48]),
    "recurrent columns": (RECURRENT + 12, "I", [3, 26, 28]),
    "recurrent bias": (RECURRENT + 40, "Q", [512]),
    "head's columns": (HEAD + 12, "I", [2, 27]),
}


@pytest.mark.parametrize("field", FIELDS)
def test_what_contradicts_itself(library: ctypes.CDLL, field: str) -> None:
    file = contents(image_network())
    assert opened(library, file) == "ACT_OK"
    offset, form, values = FIELDS[field]
    for value in values:
        status = opened(library, changed(file, offset, form, value))
        assert status == "ACT_CORRUPT", (value, status)


def test_a_context_is_bounded(library: ctypes.CDLL) -> None:
    """With its frame a grid of 16 channels has at most 2^24 floats."""
    file = changed(contents(image_network()), LAYER + 48, "I", 1022)
    assert opened(library, changed(file, LAYER + 52, "I", 1022)) == "ACT_OK"
    assert opened(library, changed(file, LAYER + 52, "I", 1023)) == "ACT_CORRUPT"


def test_int4_is_refused(library: ctypes.CDLL) -> None:
    file = contents(image_network(channels=32, hidden=32), "int4")  # which makes it int8
    assert opened(library, file) == "ACT_OK"
    for place in (ENCODER, INPUT, RECURRENT, HEAD):
        assert opened(library, changed(file, place, "I", 3)) == "ACT_CORRUPT"


@pytest.mark.parametrize("word", range(4))
def test_other_models_have_no_image(library: ctypes.CDLL, word: int) -> None:
    file = changed(contents(network("gru")), LAYER + 48 + 4 * word, "I", 1)
    assert opened(library, file) == "ACT_CORRUPT"


def test_sizes(library: ctypes.CDLL) -> None:
    sizes = Engine(library, contents(image_network(pooled=True))).sizes
    assert (sizes.channels, sizes.height, sizes.width, sizes.pooled) == (2, 2, 3, 1)
    assert (sizes.input_size, sizes.vocab_size, sizes.state_size) == (0, 0, 0)
    sizes = Engine(library, contents(network())).sizes
    assert (sizes.channels, sizes.height, sizes.width, sizes.pooled) == (0, 0, 0, 0)


def run(engine: Engine, x: np.ndarray[Any, Any], height: int, width: int) -> tuple[str, Any]:
    y = np.full(64, 7, np.float32)
    given = np.ascontiguousarray(x, np.float32)
    status = engine.library.act_run_image(
        engine.context, given.ctypes.data, height, width, y.ctypes.data
    )
    return next(name for name, code in STATUS.items() if code == status), y


def test_arguments(library: ctypes.CDLL) -> None:
    engine, x = Engine(library, contents(image_network())), np.ones((2, 2, 3))
    for height, width in ((0, 1), (1, 0), (3, 1), (1, 4), (-1, 1), (1, -(2**31))):
        assert run(engine, x, height, width)[0] == "ACT_SIZE"
    for bad in (math.nan, math.inf):
        wrong = x.copy()
        wrong[1, 1, 2] = bad
        status, y = run(engine, wrong, 2, 3)
        assert status == "ACT_NOT_FINITE"
        assert (y == 7).all()
        assert run(engine, wrong, 1, 3)[0] == "ACT_OK"  # it lies beyond a smaller one
    assert library.act_ponder_steps(engine.context, 0) > 0
    null = library.act_run_image(engine.context, None, 1, 1, x.ctypes.data)
    assert null == STATUS["ACT_NULL"]


def test_other_kinds_of_input(library: ctypes.CDLL) -> None:
    kind, buffer = STATUS["ACT_INPUT_KIND"], np.zeros(64, np.float32)
    at = buffer.ctypes.data
    engine = Engine(library, contents(image_network()))
    assert library.act_step(engine.context, at, at) == kind
    assert library.act_step_token(engine.context, 0, at) == kind
    assert library.act_run(engine.context, at, 1, at, None, None) == kind
    assert library.act_run_tokens(engine.context, at, 1, at, None, None) == kind
    for given in (network(), network(vocabulary=5)):
        assert run(Engine(library, contents(given)), buffer, 1, 1)[0] == "ACT_INPUT_KIND"


def test_nothing_is_kept_from_image_to_image(library: ctypes.CDLL) -> None:
    """A small image after a large one is answered as by a new context."""
    draw, file = np.random.default_rng(0), contents(image_network(hidden=5, height=4, width=4))
    engine = Engine(library, file)
    for height, width in ((4, 4), (1, 2), (3, 1), (4, 2)):
        x = draw.normal(size=(2, height, width))
        status, y = run(engine, x, height, width)
        assert status == "ACT_OK"
        np.testing.assert_array_equal(y, run(Engine(library, file), x, height, width)[1])
        assert (y[2 * height * width :] == 7).all()
        assert engine.set_state([]) == library.act_reset(engine.context) == STATUS["ACT_OK"]
    assert library.act_ponder_steps(engine.context, 0) == 0
