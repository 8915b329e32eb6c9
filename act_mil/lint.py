"""Constructs that Core ML rejects or computes wrongly, although coremltools saves them silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from act_mil.interface import default_value, input_features
from act_mil.package import Package, function_block, operation_name, operations
from act_mil.proto import ArrayDataType, DataType

CONSTANT_ARGUMENTS = {
    "batch_norm": ("mean", "variance", "gamma", "beta"),
    "conv": ("bias",),
    "instance_norm": ("gamma", "beta"),
    "layer_norm": ("gamma", "beta"),
    "linear": ("weight", "bias"),
    "lstm": ("weight_ih", "weight_hh", "bias", "weight_ih_back", "weight_hh_back", "bias_back"),
    "rnn": ("weight_ih", "weight_hh", "bias"),
}
"""Tensors that must be constants. The compiler enforces it
(https://github.com/apple/coremltools/issues/2008); inside loops coremltools does not."""

DEFAULT_KINDS = {
    "intDefaultValue": {ArrayDataType.Value("INT32")},
    "floatDefaultValue": {ArrayDataType.Value("FLOAT32"), ArrayDataType.Value("FLOAT16")},
    "doubleDefaultValue": {ArrayDataType.Value("DOUBLE")},
}
"""The inputs that may have each kind of default, by Apple's validator (mlmodel/src/Validation of
https://github.com/apple/coremltools). coremltools makes all of them floats."""


def lint(path: str | Path) -> list[str]:
    """List what is known to go wrong with a saved package on Apple's side.

    * a ``linear``, normalisation, convolution or recurrent op with a computed parameter;
    * a block output that its block does not make (an input passed through, a value from outside)
      or makes once and returns twice;
    * a value name that two ops share, or that hides another;
    * an operand or output that no op before it makes;
    * a while loop whose condition is not one boolean scalar, or whose blocks disagree with its
      number of loop variables;
    * an optional input that is a scalar of rank 0 or has no default value, or one of another type;
    * a float16 input that is only cast to integers: whole numbers above 2048 do not survive;
    * inputs or outputs of the description that differ in name from those of the program.

    Args:
        path: The ``.mlpackage`` folder.

    Returns:
        One line for each finding, starting with where it is; empty if there is none, which does not
        prove that the compiler accepts the package.

    Raises:
        MILError: if the package is damaged.
    """
    package = Package.load(path)
    description = package.model.description
    findings: list[str] = []
    for name in sorted(package.model.mlProgram.functions):
        _, function = package.function(name)
        block = function_block(function)
        inputs = [value.name for value in function.inputs]
        findings += _Scan(name, function).findings(block)
        findings += _input_findings(name, function, block, package)
        own = next((f for f in description.functions if f.name == name), description)
        for what, described, actual in (
            ("inputs", [f.name for f in (*own.input, *own.state)], inputs),
            ("outputs", [f.name for f in own.output], list(block.outputs)),
        ):
            if sorted(described) != sorted(actual):
                findings.append(
                    f"{name}: the description has the {what} {', '.join(described) or 'none'}, "
                    f"the function {', '.join(actual) or 'none'}"
                )
    return findings


class _Scan:
    """A walk over the blocks of one function."""

    def __init__(self, name: str, function: Any) -> None:
        self.where = name
        self.makers = {value.name: "an input" for value in function.inputs}
        self.constants: set[str] = set()

    def findings(self, block: Any) -> Iterator[str]:
        yield from self.block(block, self.where, set(self.makers))

    def block(self, block: Any, where: str, outer: set[str]) -> Iterator[str]:
        visible = set(outer)
        visible.update(value.name for value in block.inputs)
        made: set[str] = set()
        for operation in block.operations:
            label = f"{where}: {operation.type} {operation_name(operation)!r}"
            yield from self.operands(operation, label, visible)
            yield from self.nested(operation, where, label, visible)
            for output in operation.outputs:
                if output.name in self.makers:
                    yield f"{label} makes {output.name!r}, a name that is already taken"
                self.makers[output.name] = operation.type
                made.add(output.name)
                visible.add(output.name)
                if operation.type == "const" or operation.type.startswith("constexpr_"):
                    self.constants.add(output.name)
        yield from self.outputs(block, where, made, visible)

    def operands(self, operation: Any, label: str, visible: set[str]) -> Iterator[str]:
        for argument, bindings in operation.inputs.items():
            for name in (b.name for b in bindings.arguments if b.WhichOneof("binding") == "name"):
                if name not in visible:
                    yield f"{label} reads {name!r}, which nothing before it makes"
                elif (
                    argument in CONSTANT_ARGUMENTS.get(operation.type, ())
                    and name not in self.constants
                ):
                    yield (
                        f"{label} has the {argument} {name!r}, made by {self.makers[name]}: "
                        f"it must be a constant; compute with matmul and add instead"
                    )

    def nested(self, operation: Any, where: str, label: str, visible: set[str]) -> Iterator[str]:
        loop = operation.type == "while_loop"
        if loop and len(operation.blocks) == 2:
            yield from self.loop(operation, label)
        for number, block in enumerate(operation.blocks):
            part = ("condition", "body")[number % 2] if loop else ("true", "false")[number % 2]
            inner = f"{where}/{operation_name(operation)} {part}"
            for value in block.inputs:
                if value.name in visible:
                    yield f"{inner}: its input {value.name!r} hides a value of that name outside"
                self.makers.setdefault(value.name, "a block input")
            yield from self.block(block, inner, visible)

    def loop(self, operation: Any, label: str) -> Iterator[str]:
        condition, body = operation.blocks
        variables = len(operation.inputs["loop_vars"].arguments)
        sizes = (len(condition.inputs), len(body.inputs), len(body.outputs), len(operation.outputs))
        if set(sizes) != {variables}:
            yield (
                f"{label} has {variables} loop variables, but its condition takes {sizes[0]}, its "
                f"body takes {sizes[1]} and makes {sizes[2]}, and it has {sizes[3]} outputs"
            )
        types = {o.name: o.type.tensorType for c in condition.operations for o in c.outputs}
        tests = [types[name] for name in condition.outputs if name in types]
        if len(condition.outputs) != 1 or any(
            test.dataType != DataType.Value("BOOL") or len(test.dimensions) for test in tests
        ):
            yield f"{label} has a condition that is not one boolean scalar"

    def outputs(self, block: Any, where: str, made: set[str], visible: set[str]) -> Iterator[str]:
        inputs = {value.name for value in block.inputs}
        for name in dict.fromkeys(block.outputs):
            if name not in visible:
                yield f"{where}: returns {name!r}, which it does not make"
            elif name in inputs or (name not in made and self.makers[name] == "an input"):
                yield f"{where}: returns its input {name!r} unchanged; wrap it in identity"
            elif name not in made:
                yield f"{where}: returns {name!r} from outside; wrap it in identity"
            if list(block.outputs).count(name) > 1:
                yield f"{where}: returns {name!r} more than once; wrap one in identity"


def _input_findings(name: str, function: Any, block: Any, package: Package) -> Iterator[str]:
    ranks = {value.name: len(value.type.tensorType.dimensions) for value in function.inputs}
    for feature in input_features(package.model, name):
        if feature.type.isOptional and ranks.get(feature.name) == 0:
            yield f"{name}: the optional input {feature.name!r} has rank 0; give it shape (1,)"
        if feature.type.isOptional and default_value(feature) is None:
            yield f"{name}: the optional input {feature.name!r} has no default value"
        array = feature.type.multiArrayType
        kind = array.WhichOneof("defaultOptionalValue")
        if kind and array.dataType not in DEFAULT_KINDS[kind]:
            yield (
                f"{name}: the input {feature.name!r} is {ArrayDataType.Name(array.dataType)}, "
                f"but its default is given as {kind}"
            )
    half = {
        value.name
        for value in function.inputs
        if value.type.tensorType.dataType == DataType.Value("FLOAT16")
    }
    readers: dict[str, set[str]] = {value: set() for value in half}
    for operation in operations(block):
        for argument in operation.inputs.values():
            for binding in argument.arguments:
                if binding.name in half:
                    readers[binding.name].add(_conversion(operation))
    for value, uses in sorted(readers.items()):
        if uses == {"integer"}:
            yield (
                f"{name}: the input {value!r} is float16 but used as an integer: values above 2048 "
                "are not exact; declare it int32"
            )


def _conversion(operation: Any) -> str:
    integers = {DataType.Value(kind) for kind in ("INT8", "INT16", "INT32", "UINT8", "UINT16")}
    kinds = {output.type.tensorType.dataType for output in operation.outputs}
    return "integer" if operation.type == "cast" and kinds <= integers else "other"
