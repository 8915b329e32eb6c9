"""The promises of the C API: statuses, nothing changed by an error, independent contexts."""

from __future__ import annotations

import ctypes
import threading
from ctypes import byref, c_char_p, c_int32, c_size_t, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.native.engine import STATUS, Engine, Floats, Sizes, aligned, load
from tests.native.small import contents, network

OK = STATUS["ACT_OK"]


@pytest.fixture(scope="module")
def library(engine_library: Path) -> ctypes.CDLL:
    return load(engine_library)


@pytest.fixture
def engine(library: ctypes.CDLL) -> Engine:
    return Engine(library, contents(network(layers=2, max_ponder=6)))


def sequence(time: int = 9, features: int = 3, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(time, features)).astype(np.float32)


def test_every_status_has_its_own_message(library: ctypes.CDLL) -> None:
    messages = [library.act_message(code) for code in STATUS.values()]
    assert len(STATUS) == 17
    assert len(set(messages)) == len(messages)
    assert library.act_message(len(STATUS)) == library.act_message(-1) == b"no status of the engine"


def test_model_tells_its_sizes(library: ctypes.CDLL) -> None:
    given = network("lstm", hidden=5, layers=3, outputs=4, max_ponder=7, threshold=0.75)
    engine = Engine(library, contents(given))
    sizes = engine.sizes
    assert (sizes.input_size, sizes.vocab_size, sizes.output_size, sizes.layers) == (3, 0, 4, 3)
    assert (sizes.max_ponder, sizes.halt_threshold, sizes.state_size) == (7, 0.75, 3 * 2 * 5)
    hidden, tensors = c_int32(), c_int32()
    assert library.act_layer(engine.model, 2, byref(hidden), byref(tensors)) == OK
    assert (hidden.value, tensors.value) == (5, 2)
    for layer in (-1, 3):
        status = library.act_layer(engine.model, layer, byref(hidden), byref(tensors))
        assert status == STATUS["ACT_SIZE"]
    text, size = c_void_p(), c_size_t()
    assert library.act_metadata(engine.model, byref(text), byref(size)) == OK
    assert ctypes.string_at(text.value or 0, size.value) == b'{"small": true}'


def test_context_bytes_are_the_memory_of_a_context(library: ctypes.CDLL) -> None:
    few, many = (
        Engine(library, contents(network(hidden=hidden))).sizes.context_bytes
        for hidden in (16, 160)
    )
    # h, c, their means and the gates, twice for x, in float32
    assert 4 * (4 * 160 + 3 * 4 * 160) <= many <= 2 * 4 * (4 * 160 + 3 * 4 * 160)
    assert few < many


def test_mapped_file_answers_as_memory_does(
    library: ctypes.CDLL, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "small.actn"
    path.write_bytes(engine.bytes.tobytes())
    model, context = c_void_p(), c_void_p()
    assert library.act_open(str(path).encode(), byref(model)) == OK
    assert library.act_context_new(model, byref(context)) == OK
    x, y = sequence(), np.zeros((9, 2), np.float32)
    assert library.act_run(context, x.ctypes.data, 9, y.ctypes.data, None, None) == OK
    np.testing.assert_array_equal(y, engine.run(x)[1])
    library.act_context_free(context)
    library.act_close(model)


@pytest.mark.parametrize("offset", [4, 16, 60])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8", "int4"])
def test_memory_need_not_be_aligned_to_more_than_4(
    library: ctypes.CDLL, precision: str, offset: int
) -> None:
    file = contents(network("gru", hidden=40), precision)
    straight, shifted = Engine(library, file), Engine(library, file)
    library.act_context_free(shifted.context)
    library.act_close(shifted.model)
    shifted.bytes = aligned(file, offset)
    opened = library.act_open_memory(
        shifted.bytes.ctypes.data, len(shifted.bytes), byref(shifted.model)
    )
    assert opened == OK
    assert library.act_context_new(shifted.model, byref(shifted.context)) == OK
    np.testing.assert_array_equal(shifted.run(sequence())[1], straight.run(sequence())[1])


def test_null_arguments_are_refused(library: ctypes.CDLL, engine: Engine) -> None:
    out, number, sizes, size = c_void_p(), c_int32(), Sizes(), c_size_t()
    x = sequence().ctypes.data
    whole: dict[str, list[Any]] = {
        "act_open": [b"a path", byref(out)],
        "act_open_memory": [engine.bytes.ctypes.data, byref(out)],
        "act_sizes": [engine.model, byref(sizes)],
        "act_layer": [engine.model, byref(number), byref(number)],
        "act_metadata": [engine.model, byref(out), byref(size)],
        "act_use_kernels": [engine.model],
        "act_context_new": [engine.model, byref(out)],
        "act_reset": [engine.context],
        "act_set_budget": [engine.context],
        "act_step": [engine.context, x, x],
        "act_step_token": [engine.context, x],
        "act_run": [engine.context, x, x],
        "act_run_tokens": [engine.context, x, x],
        "act_state_get": [engine.context, x],
        "act_state_set": [engine.context, x],
    }
    numbers = {c_size_t: 1, c_int32: 0, ctypes.c_float: 0.5, c_char_p: None}
    before = engine.state
    for name, pointers in whole.items():
        function = getattr(library, name)
        for missing in range(len(pointers)):
            left = iter([None if i == missing else p for i, p in enumerate(pointers)])
            arguments = [
                numbers[kind]
                if kind in numbers and not (name == "act_open" and kind is c_char_p)
                else next(left, None)
                for kind in function.argtypes
            ]
            assert function(*arguments) == STATUS["ACT_NULL"], (name, missing)
    np.testing.assert_array_equal(engine.state, before)
    assert library.act_kernels(None) == b""
    assert library.act_ponder_steps(None, 0) == library.act_remainder(None, 0) == 0
    library.act_close(None)
    library.act_context_free(None)


def test_layers_that_are_not_there_have_no_ponder_steps(engine: Engine) -> None:
    engine.run(sequence())
    library = engine.library
    assert library.act_ponder_steps(engine.context, 1) >= 1
    for layer in (-1, 2):
        assert library.act_ponder_steps(engine.context, layer) == 0
        assert library.act_remainder(engine.context, layer) == 0


def test_steps_make_a_run(library: ctypes.CDLL, engine: Engine) -> None:
    x, y = sequence(), np.zeros(2, np.float32)
    _, expected, steps, remainders = engine.run(x)
    assert len(np.unique(steps)) > 1
    library.act_reset(engine.context)
    assert library.act_ponder_steps(engine.context, 0) == 0
    for t, row in enumerate(x):
        assert library.act_step(engine.context, row.ctypes.data, y.ctypes.data) == OK
        np.testing.assert_array_equal(y, expected[t])
        for layer in range(2):
            assert library.act_ponder_steps(engine.context, layer) == steps[t, layer]
            assert library.act_remainder(engine.context, layer) == remainders[t, layer]


def test_no_time_steps_change_nothing(engine: Engine) -> None:
    engine.run(sequence())
    before = engine.state
    assert engine.run(sequence(0))[0] == OK
    np.testing.assert_array_equal(engine.state, before)


def test_more_time_steps_than_memory_has(library: ctypes.CDLL, engine: Engine) -> None:
    x = sequence()
    status = library.act_run(engine.context, x.ctypes.data, 2**62, x.ctypes.data, None, None)
    assert status == STATUS["ACT_SIZE"]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_state_that_is_set_goes_on_as_it_would_have(library: ctypes.CDLL, precision: str) -> None:
    file = contents(network("lstm", hidden=33, layers=2), precision)
    whole, half = Engine(library, file), Engine(library, file)
    x = sequence(8)
    expected = whole.run(x)[1]
    half.run(x[:4])
    rest = Engine(library, file)
    assert rest.set_state(half.state) == OK
    np.testing.assert_array_equal(rest.run(x[4:])[1], expected[4:])
    np.testing.assert_array_equal(rest.state, whole.state)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_change_nothing(engine: Engine, wrong: float) -> None:
    engine.run(sequence())
    before = engine.state
    x = sequence(seed=2)
    x[7, 1] = wrong
    status, y, steps, _ = engine.run(x)
    assert status == STATUS["ACT_NOT_FINITE"]
    assert not y.any()
    assert not steps.any()
    bad = before.copy()
    bad[-1] = wrong
    assert engine.set_state(bad) == STATUS["ACT_NOT_FINITE"]
    np.testing.assert_array_equal(engine.state, before)


@pytest.mark.parametrize("token", [-1, 11, 2**31 - 1, -(2**31)])
def test_tokens_outside_the_vocabulary_change_nothing(library: ctypes.CDLL, token: int) -> None:
    engine = Engine(library, contents(network(vocabulary=11)))
    tokens = np.array([0, 10, 3, 4])
    assert engine.run(tokens)[0] == OK
    before = engine.state
    tokens[3] = token
    status, y, *_ = engine.run(tokens)
    assert status == STATUS["ACT_TOKEN"]
    assert not y.any()
    np.testing.assert_array_equal(engine.state, before)


def test_tokens_are_no_features(library: ctypes.CDLL, engine: Engine) -> None:
    assert engine.run(np.zeros(2, np.int32))[0] == STATUS["ACT_INPUT_KIND"]
    tokens = Engine(library, contents(network(vocabulary=11)))
    assert tokens.run(sequence())[0] == STATUS["ACT_INPUT_KIND"]


def test_budget_is_kept_until_it_is_set_again(library: ctypes.CDLL, engine: Engine) -> None:
    x = sequence()
    free = engine.run(x)[2]
    library.act_reset(engine.context)
    assert library.act_set_budget(engine.context, 1.0, 2) == OK
    limited = engine.run(x)[2]
    assert limited.max() == 2 < free.max()
    library.act_reset(engine.context)
    np.testing.assert_array_equal(engine.run(x)[2], limited)
    library.act_reset(engine.context)
    assert library.act_set_budget(engine.context, 0.0, 6) == OK
    assert engine.run(x)[2].max() == 1


@pytest.mark.parametrize(
    ("threshold", "max_ponder"),
    [(-0.1, 2), (1.1, 2), (np.nan, 2), (np.inf, 2), (0.5, 0), (0.5, -3), (0.5, 7)],
)
def test_budgets_out_of_range_change_nothing(
    library: ctypes.CDLL, engine: Engine, threshold: float, max_ponder: int
) -> None:
    expected = engine.run(sequence())[2]
    library.act_reset(engine.context)
    status = library.act_set_budget(engine.context, threshold, max_ponder)
    assert status == STATUS["ACT_BUDGET"]
    np.testing.assert_array_equal(engine.run(sequence())[2], expected)


def test_fixed_halting_takes_all_steps_and_no_budget(library: ctypes.CDLL) -> None:
    engine = Engine(library, contents(network("gru", halting=0, max_ponder=3)))
    _, _, steps, remainders = engine.run(sequence())
    assert (steps == 3).all()
    assert (remainders == 1).all()
    assert library.act_set_budget(engine.context, 0.5, 2) == STATUS["ACT_FIXED"]


def test_kernels_by_name(library: ctypes.CDLL, engine: Engine) -> None:
    fastest = library.act_kernels(engine.model)
    assert library.act_use_kernels(engine.model, b"portable") == OK
    assert library.act_kernels(engine.model) == b"portable"
    assert library.act_use_kernels(engine.model, b"abacus") == STATUS["ACT_KERNELS"]
    assert library.act_kernels(engine.model) == b"portable"
    assert library.act_use_kernels(engine.model, None) == OK
    assert library.act_kernels(engine.model) == fastest


def test_contexts_of_one_model_in_threads(library: ctypes.CDLL, engine: Engine) -> None:
    inputs = [sequence(200, seed=seed) for seed in range(4)]
    expected = []
    for x in inputs:
        library.act_reset(engine.context)
        expected.append(engine.run(x)[1])
    answers: dict[int, Floats] = {}

    def think(index: int) -> None:
        x, y, context = inputs[index], np.zeros((200, 2), np.float32), c_void_p()
        assert library.act_context_new(engine.model, byref(context)) == OK
        for _ in range(5):
            library.act_reset(context)
            status = library.act_run(context, x.ctypes.data, 200, y.ctypes.data, None, None)
            assert status == OK
        library.act_context_free(context)
        answers[index] = y

    threads = [threading.Thread(target=think, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, y in enumerate(expected):
        np.testing.assert_array_equal(answers[index], y)
