"""While loops, branches, states, and what a run reports about itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil.mil import types
from hypothesis import given, settings
from hypothesis import strategies as st

from act_mil import MILError, Program

ONE = np.float32(1)


def collatz(n: Any, steps: Any) -> Any:
    """Halve or triple plus one until 1: a loop whose length only the numbers know."""

    def step(n: Any, steps: Any) -> Any:
        half = mb.floor_div(x=n, y=np.int32(2))
        odd = mb.equal(x=mb.mod(x=n, y=np.int32(2)), y=np.int32(1))
        triple = mb.add(x=mb.mul(x=n, y=np.int32(3)), y=np.int32(1))
        return mb.select(cond=odd, a=triple, b=half), mb.add(x=steps, y=np.int32(1))

    return mb.while_loop(
        _cond=lambda n, steps: mb.greater(x=n, y=np.int32(1)), _body=step, loop_vars=(n, steps)
    )


@pytest.fixture(scope="module")
def collatz_program(save: Callable[..., Path]) -> Program:
    def build(n: Any) -> dict[str, Any]:
        n = mb.squeeze(x=n)
        return {"steps": collatz(n, mb.mul(x=n, y=np.int32(0)))[1]}

    return Program(save(build, {"n": np.array([1], np.int32)}), max_iterations=300)


@given(st.integers(1, 3000))
@settings(max_examples=50)
def test_while_loop(collatz_program: Program, n: int) -> None:
    expected, number = 0, n
    while number > 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        expected += 1
    assert collatz_program.run({"n": [n]}) == {"steps": expected}
    assert collatz_program.while_iterations == expected
    assert collatz_program.op_counts["select"] == expected
    assert collatz_program.op_counts["greater"] == expected + 1
    assert collatz_program.op_counts["while_loop"] == 1


def nested(xs: Any) -> dict[str, Any]:
    """For each number of xs, how often it can be halved above 1, and the halves' sum."""

    def body(t: Any, counts: Any, total: Any) -> Any:
        place = mb.expand_dims(x=t, axes=[0])
        x = mb.squeeze(x=mb.gather(x=xs, indices=place, axis=0), axes=[0])
        _, count, total = mb.while_loop(
            _cond=lambda x, n, s: mb.greater(x=x, y=ONE),
            _body=lambda x, n, s: (
                mb.mul(x=x, y=np.float32(0.5)),
                mb.add(x=n, y=ONE),
                mb.add(x=s, y=x),
            ),
            loop_vars=(x, mb.sub(x=x, y=x), total),
            name="inner",
        )
        count = mb.expand_dims(x=count, axes=[0])
        counts = mb.scatter(data=counts, indices=place, updates=count, mode="update")
        return mb.add(x=t, y=np.int32(1)), counts, total

    length = mb.squeeze(x=mb.shape(x=xs))
    _, counts, total = mb.while_loop(
        _cond=lambda t, counts, total: mb.less(x=t, y=length),
        _body=body,
        loop_vars=(np.int32(0), mb.mul(x=xs, y=np.float32(0)), np.float32(0)),
        name="outer",
    )
    return {"counts": counts, "total": total}


def test_nested_while_loops(save: Callable[..., Path]) -> None:
    inputs = {"xs": np.array([5, 0.5, 8, 1, 2], np.float32)}
    program = Program(save(nested, inputs))
    results = program.run(inputs)
    np.testing.assert_array_equal(results["counts"], [3, 0, 3, 0, 1])
    assert results["total"] == 5 + 2.5 + 1.25 + 8 + 4 + 2 + 2
    assert program.loop_iterations == {"outer": 5, "inner": 7}
    assert program.while_iterations == 12
    program.run({"xs": np.zeros(5)})
    assert program.loop_iterations == {"outer": 5, "inner": 0}


def test_loop_variables_change_together(save: Callable[..., Path]) -> None:
    def build(a: Any, b: Any, n: Any) -> dict[str, Any]:
        a, b, _ = mb.while_loop(
            _cond=lambda a, b, n: mb.greater(x=mb.squeeze(x=n), y=np.int32(0)),
            _body=lambda a, b, n: (b, mb.add(x=a, y=b), mb.sub(x=n, y=np.int32(1))),
            loop_vars=(a, b, n),
        )
        return {"fibonacci": a}

    one = np.array([0], np.int32)
    program = Program(save(build, {"a": one, "b": one, "n": one}))
    values = [program.run({"a": [0], "b": [1], "n": [n]})["fibonacci"].item() for n in range(10)]
    assert values == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]


def test_endless_loop_ends(save: Callable[..., Path]) -> None:
    def build(x: Any) -> dict[str, Any]:
        y = mb.while_loop(
            _cond=lambda x: mb.greater(x=mb.squeeze(x=x), y=np.float32(0)),
            _body=lambda x: mb.add(x=x, y=ONE),
            loop_vars=(x,),
            name="runaway",
        )
        return {"y": y}

    inputs = {"x": np.array([1], np.float32)}
    program = Program(save(build, inputs), max_iterations=50)
    with pytest.raises(
        MILError, match=r"^while_loop 'runaway': still running after 50 iterations$"
    ):
        program.run(inputs)
    assert program.run({"x": [-1.0]})["y"] == -1


def test_error_in_a_loop_names_the_op_within(save: Callable[..., Path]) -> None:
    def build(x: Any, i: Any) -> dict[str, Any]:
        y, _ = mb.while_loop(
            _cond=lambda y, i: mb.less(x=mb.squeeze(x=i), y=np.int32(9)),
            _body=lambda y, i: (
                mb.gather(x=x, indices=i, axis=0, name="pick"),
                mb.add(x=i, y=np.int32(1)),
            ),
            loop_vars=(mb.gather(x=x, indices=i, axis=0), i),
        )
        return {"y": y}

    inputs = {"x": np.zeros(4, np.float32), "i": np.array([2], np.int32)}
    program = Program(save(build, inputs))
    with pytest.raises(MILError, match=r"^gather 'pick': an index of 4..4 is out of bounds"):
        program.run(inputs)


def branches(x: Any) -> dict[str, Any]:
    y = mb.cond(
        pred=mb.greater(x=mb.reduce_sum(x=x), y=np.float32(0)),
        _true_fn=lambda: mb.mul(x=x, y=np.float32(2)),
        _false_fn=lambda: mb.cond(
            pred=mb.equal(x=mb.reduce_sum(x=x), y=np.float32(0)),
            _true_fn=lambda: mb.add(x=x, y=ONE),
            _false_fn=lambda: mb.abs(x=x),
        ),
    )
    return {"y": y}


@pytest.mark.parametrize(
    ("x", "expected", "executed"),
    [([2, 3], [4, 6], "mul"), ([-1, 1], [0, 2], "add"), ([-4, 1], [4, 1], "abs")],
)
def test_cond(x: list[float], expected: list[float], executed: str, run_branches: Program) -> None:
    np.testing.assert_array_equal(run_branches.run({"x": x})["y"], expected)
    # Two conditions and what they test, three branches, the output's identity.
    assert run_branches.operations == 2 * 3 + 3 + 1
    taken = {op: run_branches.op_counts[op] for op in ("mul", "add", "abs")}
    assert taken == {op: int(op == executed) for op in taken}


@pytest.fixture(scope="module")
def run_branches(save: Callable[..., Path]) -> Program:
    return Program(save(branches, {"x": np.zeros(2, np.float32)}))


@pytest.fixture(scope="module")
def accumulator(save_model: Callable[..., Path]) -> Path:
    """A program that adds its input to a state and returns the sum."""

    @mb.program(
        input_specs=[mb.TensorSpec((3,), types.fp16), mb.StateTensorSpec((3,), types.fp16)],
        opset_version=ct.target.iOS18,
    )
    def program(x: Any, total: Any) -> Any:
        value = mb.add(x=mb.read_state(input=total), y=x)
        value = mb.coreml_update_state(state=total, value=value)
        return mb.identity(x=value, name="y")

    return save_model(
        ct.convert(
            program,
            source="milinternal",
            convert_to="mlprogram",
            minimum_deployment_target=ct.target.iOS18,
            skip_model_load=True,
        )
    )


def test_state(accumulator: Path) -> None:
    program = Program(accumulator)
    x = np.array([1, 2, -3], np.float16)
    assert [value.name for value in program.inputs] == ["x"]
    assert list(program.state) == ["total"]
    for step in (1, 2, 3):
        np.testing.assert_array_equal(program.run({"x": x})["y"], step * x)
    np.testing.assert_array_equal(program.state["total"], 3 * x)
    program.state["total"] = np.full(3, 10, np.float16)
    np.testing.assert_array_equal(program.run({"x": x})["y"], 10 + x)
    program.reset_state()
    np.testing.assert_array_equal(program.run({"x": x})["y"], x)
    np.testing.assert_array_equal(Program(accumulator).state["total"], np.zeros(3))


def test_state_of_another_shape_is_refused(accumulator: Path) -> None:
    program = Program(accumulator)
    program.state["total"] = np.zeros(4, np.float16)
    with pytest.raises(MILError, match=r"state 'total' is float16\[4\], declared float16\[3\]"):
        program.run({"x": np.zeros(3, np.float16)})
