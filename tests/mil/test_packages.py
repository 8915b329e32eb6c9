"""Damaged packages: every fault ends in one clear line, and no fault in a wrong result."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.proto import Model_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from act_mil import MILError, Program, lint, op
from act_mil.ops import OPS

TABLE = np.random.default_rng(6).standard_normal((4, 5)).astype(np.float32)
X = {"x": np.ones((4, 5), np.float32)}
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"
MODEL = "Data/com.apple.CoreML/model.mlmodel"
Edit = Callable[[Path], None]


@pytest.fixture(scope="module")
def table_package(save: Callable[..., Path]) -> Path:
    """A program that multiplies its input by 20 stored numbers."""
    return save(lambda x: {"y": mb.mul(x=x, y=TABLE)}, X)


@pytest.fixture
def package(table_package: Path, tmp_path: Path) -> Path:
    """A copy of its package to damage."""
    return Path(shutil.copytree(table_package, tmp_path / "copy.mlpackage"))


def edit_model(package: Path, edit: Callable[[Any], None]) -> None:
    model = Model_pb2.Model()
    model.ParseFromString((package / MODEL).read_bytes())
    edit(model)
    (package / MODEL).write_bytes(model.SerializeToString())


def operations(model: Any) -> Any:
    function = model.mlProgram.functions["main"]
    return function.block_specializations[function.opset].operations


def operation(model: Any, kind: str) -> Any:
    return next(o for o in operations(model) if o.type == kind)


def patch(package: Path, offset: int, data: bytes) -> None:
    content = bytearray((package / WEIGHTS).read_bytes())
    content[offset : offset + len(data)] = data
    (package / WEIGHTS).write_bytes(bytes(content))


def edit_manifest(package: Path, edit: Callable[[Any], None]) -> None:
    manifest = json.loads((package / "Manifest.json").read_text())
    edit(manifest)
    (package / "Manifest.json").write_text(json.dumps(manifest))


def table_value(model: Any) -> Any:
    return next(
        o.attributes["val"]
        for o in operations(model)
        if o.type == "const" and o.attributes["val"].WhichOneof("value") == "blobFileValue"
    )


def in_model(edit: Callable[[Any], None]) -> Edit:
    return lambda package: edit_model(package, edit)


def set_neural_network(model: Any) -> None:
    model.neuralNetwork.SetInParent()


def grow_table(model: Any) -> None:
    table_value(model).type.tensorType.dimensions[0].constant.size = 5


def retype_table(model: Any) -> None:
    table_value(model).type.tensorType.dataType = 10


def rename_weights(model: Any) -> None:
    table_value(model).blobFileValue.fileName = "@model_path/../../../secret"


def redeclare_result(model: Any) -> None:
    operation(model, "mul").outputs[0].type.tensorType.dimensions[1].constant.size = 6


def redeclare_rank(model: Any) -> None:
    del operation(model, "mul").outputs[0].type.tensorType.dimensions[1]


def read_nothing(model: Any) -> None:
    operation(model, "mul").inputs["x"].arguments[0].name = "nowhere"


def unknown_argument(model: Any) -> None:
    operation(model, "mul").inputs["z"].CopyFrom(operation(model, "mul").inputs["x"])


def lose_argument(model: Any) -> None:
    del operation(model, "mul").inputs["y"]


def lose_block(model: Any) -> None:
    model.mlProgram.functions["main"].opset = "CoreML99"


DAMAGE: dict[str, tuple[Edit, str]] = {
    "no package": (shutil.rmtree, "not a .mlpackage: cannot read its manifest"),
    "no manifest": (lambda p: (p / "Manifest.json").unlink(), "cannot read its manifest"),
    "manifest not JSON": (lambda p: (p / "Manifest.json").write_text("{"), "not JSON"),
    "manifest of another kind": (
        lambda p: (p / "Manifest.json").write_text("[]"),
        "does not name the root model's file",
    ),
    "manifest without the model": (
        lambda p: edit_manifest(p, lambda m: m.update(rootModelIdentifier="?")),
        "does not name the root model's file",
    ),
    "manifest leading outside": (
        lambda p: edit_manifest(
            p, lambda m: m["itemInfoEntries"][m["rootModelIdentifier"]].update(path="../../x")
        ),
        "lies outside the package",
    ),
    "no model": (lambda p: (p / MODEL).unlink(), "cannot read its model file"),
    "model cut off": (
        lambda p: (p / MODEL).write_bytes((p / MODEL).read_bytes()[:-5]),
        "not a Core ML model",
    ),
    "model of another type": (
        in_model(set_neural_network),
        'of type neuralNetwork, not an ML Program: convert it with convert_to="mlprogram"',
    ),
    "no weights": (lambda p: (p / WEIGHTS).unlink(), "cannot read the weights"),
    "weights empty": (lambda p: (p / WEIGHTS).write_bytes(b""), "truncated, 0 bytes"),
    "weights cut off": (
        lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes()[:-4]),
        "data runs past the end",
    ),
    "weights cut off in a record": (
        lambda p: (p / WEIGHTS).write_bytes((p / WEIGHTS).read_bytes()[:70]),
        "past the end of the file",
    ),
    "weights of another version": (lambda p: patch(p, 4, b"\3"), "storage version 3"),
    "no record": (lambda p: patch(p, 64, b"\0"), "no blob starts here"),
    "record of another type": (lambda p: patch(p, 68, b"\1"), "FLOAT16, the model says FLOAT32"),
    "record of unknown type": (lambda p: patch(p, 68, b"\77"), "of unknown type 63"),
    "record of another size": (
        lambda p: patch(p, 72, struct.pack("<Q", 76)),
        r"76 bytes \(0 bits unused\) are not float32\[4, 5\]",
    ),
    "table declared larger": (in_model(grow_table), r"are not float32\[5, 5\]"),
    "table of another type": (in_model(retype_table), "FLOAT32, the model says FLOAT16"),
    "weights elsewhere": (in_model(rename_weights), "lie outside the package"),
    "another result declared": (
        in_model(redeclare_result),
        r"mul 'mul_0': result is float32\[4, 5\], declared float32\[4, 6\]",
    ),
    "another rank declared": (
        in_model(redeclare_rank),
        r"mul 'mul_0': result is float32\[4, 5\], declared float32\[4\]",
    ),
    "operand made by nobody": (
        in_model(read_nothing),
        "mul 'mul_0': reads 'nowhere', which nothing before it makes",
    ),
    "argument too many": (in_model(unknown_argument), "has an argument 'z', which .* not know"),
    "argument missing": (in_model(lose_argument), "mul 'mul_0': lacks its argument 'y'"),
    "no block": (in_model(lose_block), "no block for its opset 'CoreML99'"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_one_clear_line(name: str, package: Path) -> None:
    damage, message = DAMAGE[name]
    damage(package)
    with pytest.raises(MILError, match=message) as caught:
        Program(package).run(X)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def control_package(save: Callable[..., Path]) -> Path:
    """A program with a loop of a float and an integer, and a branch."""

    def build(x: Any) -> dict[str, Any]:
        y, n = mb.while_loop(
            _cond=lambda y, n: mb.less(x=n, y=np.int32(3)),
            _body=lambda y, n: (mb.mul(x=y, y=np.float32(2)), mb.add(x=n, y=np.int32(1))),
            loop_vars=(x, np.int32(0)),
            name="w",
        )
        z = mb.cond(
            pred=mb.less(x=n, y=np.int32(9)),
            _true_fn=lambda: mb.relu(x=y),
            _false_fn=lambda: mb.abs(x=y),
            name="c",
        )
        return {"y": mb.tanh(x=z)}

    return save(build, X)


def loop(model: Any) -> Any:
    return operation(model, "while_loop")


def swap_results(model: Any) -> None:
    loop(model).blocks[1].outputs[:] = loop(model).blocks[1].outputs[::-1]


def swap_initial(model: Any) -> None:
    variables = loop(model).inputs["loop_vars"].arguments
    names = [variable.name for variable in variables]
    for variable, name in zip(variables, reversed(names), strict=True):
        variable.name = name


def lose_variable(model: Any) -> None:
    del loop(model).blocks[0].inputs[1]


def lose_body(model: Any) -> None:
    del loop(model).blocks[1]


def lose_branch(model: Any) -> None:
    del operation(model, "cond").blocks[1]


def two_conditions(model: Any) -> None:
    loop(model).blocks[0].outputs.append(loop(model).blocks[0].outputs[0])


def read_branch(model: Any) -> None:
    inner = operation(model, "cond").blocks[0].outputs[0]
    operation(model, "tanh").inputs["x"].arguments[0].name = inner


def integer_branch(model: Any) -> None:
    operation(model, "cond").blocks[1].outputs[0] = loop(model).outputs[1].name


CONTROL_DAMAGE: dict[Callable[[Any], None], str] = {
    swap_results: r"while_loop 'w': its body: a value is int32\[\], declared float32\[4, 5\]",
    swap_initial: r"while_loop 'w': loop_vars: a value is int32\[\], declared float32\[4, 5\]",
    lose_variable: "while_loop 'w': a block takes 1 of 2 loop variables",
    lose_body: "while_loop 'w': has 1 blocks, not 2",
    lose_branch: "cond 'c': has 1 blocks, not 2",
    two_conditions: "while_loop 'w': its condition makes 2 values, not 1",
    read_branch: "tanh 'tanh_0': reads '.*', which nothing before it makes",
    integer_branch: "cond 'c': its false branch: a value is int32",
}


@pytest.mark.parametrize("damage", CONTROL_DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_control_flow(
    damage: Callable[[Any], None], control_package: Path, tmp_path: Path
) -> None:
    package = Path(shutil.copytree(control_package, tmp_path / "copy.mlpackage"))
    np.testing.assert_allclose(Program(package).run(X)["y"], np.tanh(8 * X["x"]))
    edit_model(package, damage)
    with pytest.raises(MILError, match=CONTROL_DAMAGE[damage]):
        Program(package)


@given(bit=st.integers(0, 20 * 32 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_flipped_weight_bit_changes_the_result(package: Path, bit: int) -> None:
    clean = (package / WEIGHTS).read_bytes()
    start = len(clean) - TABLE.nbytes
    patch(package, start + bit // 8, bytes([clean[start + bit // 8] ^ 1 << bit % 8]))
    result = Program(package).run(X)["y"]
    (package / WEIGHTS).write_bytes(clean)
    changed = result.view(np.uint32) != TABLE.view(np.uint32)
    assert changed.ravel().nonzero()[0].tolist() == [bit // 32]


@given(bit=st.integers(0, 8 * 32 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_flipped_record_bit_is_refused(package: Path, bit: int) -> None:
    clean = (package / WEIGHTS).read_bytes()
    patch(package, 64 + bit // 8, bytes([clean[64 + bit // 8] ^ 1 << bit % 8]))
    offset_field = 64 + bit // 8 in range(80, 88)
    try:
        result = Program(package).run(X)["y"]
    except MILError:
        return
    finally:
        (package / WEIGHTS).write_bytes(clean)
    # A wrong offset that stays inside the file reads other bytes.
    assert offset_field
    assert not np.array_equal(result, TABLE)


@given(garbage=st.binary(max_size=200), start=st.integers(0, 2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_in_the_model_is_refused_or_harmless(
    package: Path, garbage: bytes, start: int
) -> None:
    clean = (package / MODEL).read_bytes()
    start %= len(clean)
    (package / MODEL).write_bytes(clean[:start] + garbage + clean[start + len(garbage) :])
    try:
        outputs = Program(package).run(X)
    except MILError:
        return
    finally:
        (package / MODEL).write_bytes(clean)
    assert all(value.shape == (4, 5) for value in outputs.values())


@pytest.fixture(scope="module")
def options_package(save: Callable[..., Path]) -> Path:
    """A program of ops that are told by a string what to do, and by integers where."""

    def build(x: Any) -> dict[str, Any]:
        plane = mb.reshape(x=x, shape=[1, 4, 5])
        step = np.ones((3, 4), np.float32), np.ones((3, 3), np.float32)
        sequence = mb.transpose(x=plane, perm=[2, 0, 1])
        state = mb.fill(shape=[1, 3], value=0.0)
        gates = [np.concatenate([weight] * 4) for weight in step]
        return {
            "gelu": mb.gelu(x=x, mode="EXACT"),
            "cast": mb.cast(x=x, dtype="int32"),
            "pad": mb.pad(x=x, pad=[1, 1], mode="reflect"),
            "conv": mb.conv(x=plane, weight=np.ones((2, 4, 3), np.float32), pad_type="same"),
            "scatter": mb.scatter(data=x, indices=[1], updates=np.ones((1, 5), np.float32)),
            "argmax": mb.reduce_argmax(x=x, axis=0, output_dtype="int32"),
            "rnn": mb.rnn(x=sequence, initial_h=state, weight_ih=step[0], weight_hh=step[1])[1],
            "lstm": mb.lstm(
                x=sequence,
                initial_h=state,
                initial_c=state,
                weight_ih=gates[0],
                weight_hh=gates[1],
            )[1],
            "split": mb.split(x=x, split_sizes=[1, 3], axis=0)[0],
        }

    return save(build, X)


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("gelu", "mode"),
        ("cast", "dtype"),
        ("pad", "mode"),
        ("conv", "pad_type"),
        ("scatter", "mode"),
        ("reduce_argmax", "output_dtype"),
        ("rnn", "direction"),
        ("rnn", "activation"),
        ("lstm", "direction"),
        ("lstm", "cell_activation"),
    ],
)
def test_unknown_option(kind: str, argument: str, options_package: Path, tmp_path: Path) -> None:
    package = Path(shutil.copytree(options_package, tmp_path / "copy.mlpackage"))
    assert len(Program(package).run(X)) == 9

    def edit(model: Any) -> None:
        name = operation(model, kind).inputs[argument].arguments[0].name
        constant = next(o for o in operations(model) if o.outputs[0].name == name)
        constant.attributes["val"].immediateValue.tensor.strings.values[0] = "other"

    edit_model(package, edit)
    with pytest.raises(MILError, match=f"^{kind} '.*': .*'other'"):
        Program(package).run(X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values.append(3), "does not hold its 2 elements"),
        (lambda values: values.__setitem__(0, 2), r"split_sizes \(2, 3\) do not add up to 4"),
    ],
)
def test_damaged_small_constant(
    change: Callable[[Any], None], message: str, options_package: Path, tmp_path: Path
) -> None:
    package = Path(shutil.copytree(options_package, tmp_path / "copy.mlpackage"))

    def edit(model: Any) -> None:
        name = operation(model, "split").inputs["split_sizes"].arguments[0].name
        constant = next(o for o in operations(model) if o.outputs[0].name == name)
        change(constant.attributes["val"].immediateValue.tensor.ints.values)

    edit_model(package, edit)
    with pytest.raises(MILError, match=message):
        Program(package).run(X)


def test_missing_function(package: Path) -> None:
    with pytest.raises(MILError, match="has no function 'step', only main"):
        Program(package, "step")


def test_missing_op_says_what_to_do(save: Callable[..., Path]) -> None:
    inputs = {"x": np.zeros((1, 2, 3, 4), np.float32)}
    path = save(
        lambda x: {
            "y": mb.upsample_nearest_neighbor(
                x=mb.local_response_norm(x=x, size=3), scale_factor_height=2, scale_factor_width=2
            )
        },
        inputs,
    )
    with pytest.raises(
        MILError,
        match=r"no numpy implementation of the MIL ops local_response_norm, "
        r"upsample_nearest_neighbor: register one with @act_mil.op\('local_response_norm'\)",
    ):
        Program(path)


def test_own_op(save: Callable[..., Path]) -> None:
    inputs = {"x": np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)}
    path = save(lambda x: {"y": mb.space_to_depth(x=x, block_size=2)}, inputs)

    @op("space_to_depth", rounds=False)
    def space_to_depth(x: np.ndarray, *, block_size: int) -> np.ndarray:
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // block_size, block_size, w // block_size, block_size)
        return blocks.transpose(0, 3, 5, 1, 2, 4).reshape(n, -1, h // block_size, w // block_size)

    try:
        result = Program(path).run(inputs)["y"]
        with pytest.raises(ValueError, match="'space_to_depth' is registered already"):
            op("space_to_depth")(space_to_depth)
    finally:
        del OPS["space_to_depth"]
    np.testing.assert_array_equal(result.ravel(), [0, 4, 1, 5, 2, 6, 3, 7])


def test_loads_neither_coremltools_nor_torch(table_package: Path) -> None:
    script = f"""
import sys
from act_mil import Program
program = Program({str(table_package)!r})
heavy = sorted({{name.partition(".")[0] for name in sys.modules}} & {{"coremltools", "torch"}})
print(heavy, program.outputs[0].name)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.stdout == "[] y\n", done.stderr


def test_multi_function_package(
    save: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    descriptor = ct.utils.MultiFunctionDescriptor()
    for name, table in {"double": TABLE * 2, "negate": -TABLE}.items():
        path = save(lambda x, table=table: {"y": mb.mul(x=x, y=table)}, X)
        descriptor.add_function(str(path), "main", name)
    descriptor.default_function_name = "negate"
    path = tmp_path_factory.mktemp("multi") / "multi.mlpackage"
    ct.utils.save_multifunction(descriptor, str(path))
    np.testing.assert_array_equal(Program(path).run(X)["y"], -TABLE)
    np.testing.assert_array_equal(Program(path, "double").run(X)["y"], TABLE * 2)
    assert Program(path).name == "negate"
    assert lint(path) == []
