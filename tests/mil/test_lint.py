"""Lint findings on programs made bad on purpose, and none on good ones."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.proto import Model_pb2

from act_mil import MILError, lint

MODEL = "Data/com.apple.CoreML/model.mlmodel"
WEIGHT = np.random.default_rng(8).standard_normal((3, 3)).astype(np.float32)
BIAS = np.zeros(3, np.float32)


def build(x: Any, token: Any) -> dict[str, Any]:
    """A linear layer, a normalisation, a loop of two variables and a branch."""
    y, n = mb.while_loop(
        _cond=lambda y, n: mb.less(x=mb.squeeze(x=n), y=np.float32(3)),
        _body=lambda y, n: (mb.linear(x=y, weight=WEIGHT, bias=BIAS), mb.add(x=n, y=np.float32(1))),
        loop_vars=(x, mb.slice_by_size(x=mb.mul(x=x, y=np.float32(0)), begin=[0], size=[1])),
        name="ponder",
    )
    z = mb.cond(
        pred=mb.greater(x=mb.squeeze(x=n), y=np.float32(1)),
        _true_fn=lambda: mb.relu(x=y),
        _false_fn=lambda: mb.abs(x=y),
        name="choose",
    )
    rows = mb.gather(x=WEIGHT, indices=mb.cast(x=token, dtype="int32"))
    return {"y": mb.layer_norm(x=z, gamma=BIAS, beta=BIAS, axes=[0]), "rows": rows, "n": n}


@pytest.fixture(scope="module")
def good(save: Callable[..., Path]) -> Path:
    inputs = {"x": np.zeros(3, np.float32), "token": np.zeros(1, np.float32)}
    return save(build, inputs)


def block(model: Any) -> Any:
    function = model.mlProgram.functions["main"]
    return function.block_specializations[function.opset]


def operation(model: Any, kind: str) -> Any:
    return next(o for o in block(model).operations if o.type == kind)


def body(model: Any) -> Any:
    return operation(model, "while_loop").blocks[1]


def computed_weight(model: Any) -> None:
    linear = next(o for o in body(model).operations if o.type == "linear")
    linear.inputs["weight"].arguments[0].name = body(model).inputs[0].name


def computed_gamma(model: Any) -> None:
    name = operation(model, "cond").outputs[0].name
    operation(model, "layer_norm").inputs["gamma"].arguments[0].name = name


def pass_through(model: Any) -> None:
    body(model).outputs[0] = body(model).inputs[0].name


def from_outside(model: Any) -> None:
    operation(model, "cond").blocks[1].outputs[0] = operation(model, "while_loop").outputs[0].name


def returned_twice(model: Any) -> None:
    body(model).outputs[0] = body(model).outputs[1]


def main_returns_input(model: Any) -> None:
    block(model).outputs[0] = "x"


def returned_from_nowhere(model: Any) -> None:
    body(model).outputs[1] = "nowhere"


def name_taken(model: Any) -> None:
    operation(model, "mul").outputs[0].name = "x"


def hidden_name(model: Any) -> None:
    for nested in operation(model, "while_loop").blocks:
        nested.inputs[0].name = "x"


def renamed_input(model: Any) -> None:
    model.mlProgram.functions["main"].inputs[0].name = "features"


def lost_variable(model: Any) -> None:
    del body(model).outputs[1]


def vector_condition(model: Any) -> None:
    nested = operation(model, "while_loop").blocks[0]
    test = next(o for o in nested.operations if o.outputs[0].name == nested.outputs[0])
    test.outputs[0].type.tensorType.dimensions.add().constant.size = 1


def optional_without_default(model: Any) -> None:
    model.description.input[0].type.isOptional = True


def optional_scalar(model: Any) -> None:
    model.description.input[1].type.isOptional = True
    model.description.input[1].type.multiArrayType.floatDefaultValue = 1
    model.mlProgram.functions["main"].inputs[1].type.tensorType.ClearField("dimensions")


def default_of_another_type(model: Any) -> None:
    model.description.input[0].type.isOptional = True
    model.description.input[0].type.multiArrayType.intDefaultValue = 1


def half_tokens(model: Any) -> None:
    model.mlProgram.functions["main"].inputs[1].type.tensorType.dataType = 10


FINDINGS: dict[Callable[[Any], None], str] = {
    computed_weight: "main/ponder body: linear 'linear_0' has the weight '.*', made by a block "
    "input: it must be a constant",
    computed_gamma: "main: layer_norm 'layer_norm_0' has the gamma '.*', made by cond",
    pass_through: "main/ponder body: returns its input '.*' unchanged; wrap it in identity",
    from_outside: "main/choose false: returns '.*' from outside; wrap it in identity",
    returned_twice: "main/ponder body: returns '.*' more than once; wrap one in identity",
    main_returns_input: "main: returns its input 'x' unchanged",
    returned_from_nowhere: "main/ponder body: returns 'nowhere', which it does not make",
    name_taken: "main: mul 'mul_0' makes 'x', a name that is already taken",
    hidden_name: "main/ponder body: its input 'x' hides a value of that name outside",
    renamed_input: "reads 'x', which nothing before it makes",
    lost_variable: "main: while_loop 'ponder' has 2 loop variables, but its condition takes 2, "
    "its body takes 2 and makes 1, and it has 2 outputs",
    vector_condition: "main: while_loop 'ponder' has a condition that is not one boolean scalar",
    optional_without_default: "main: the optional input 'x' has no default value",
    optional_scalar: r"main: the optional input 'token' has rank 0; give it shape \(1,\)",
    default_of_another_type: "main: the input 'x' is FLOAT32, but its default is given as "
    "intDefaultValue",
    half_tokens: "main: the input 'token' is float16 but used as an integer",
}


def test_good_program_has_no_findings(good: Path) -> None:
    assert lint(good) == []


@pytest.mark.parametrize("spoil", FINDINGS, ids=lambda spoil: spoil.__name__)
def test_finding(spoil: Callable[[Any], None], good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad.mlpackage"))
    model = Model_pb2.Model()
    model.ParseFromString((path / MODEL).read_bytes())
    spoil(model)
    (path / MODEL).write_bytes(model.SerializeToString())
    findings = lint(path)
    assert any(re.search(FINDINGS[spoil], finding) for finding in findings), findings
    assert not any("\n" in finding for finding in findings)


def test_renamed_input_also_disagrees_with_the_description(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad.mlpackage"))
    model = Model_pb2.Model()
    model.ParseFromString((path / MODEL).read_bytes())
    renamed_input(model)
    (path / MODEL).write_bytes(model.SerializeToString())
    assert "main: the description has the inputs x, token, the function features, token" in lint(
        path
    )


def test_float16_input_that_computes_is_no_finding(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(good, tmp_path / "half.mlpackage"))
    model = Model_pb2.Model()
    model.ParseFromString((path / MODEL).read_bytes())
    model.mlProgram.functions["main"].inputs[0].type.tensorType.dataType = 10
    (path / MODEL).write_bytes(model.SerializeToString())
    assert lint(path) == []


def test_lint_of_no_package(tmp_path: Path) -> None:
    with pytest.raises(MILError, match=r"not a \.mlpackage"):
        lint(tmp_path)
