"""Reading ``.mlpackage`` folders: manifest, model and weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from act_mil.blobs import BlobFile, unpack_bits
from act_mil.errors import MILError
from act_mil.proto import Model
from act_mil.types import SUB_BYTE_BITS, ListType, StateType, TensorType, read_type

_MODEL_PATH = "@model_path/"


@dataclass(frozen=True)
class Package:
    """An ML Program package as saved on disk.

    Attributes:
        path: The ``.mlpackage`` folder.
        model: The parsed ``CoreML.Specification.Model`` message.
        root: The folder of the model file, which ``@model_path`` in the model stands for.
    """

    path: Path
    model: Any
    root: Path
    _blobs: dict[str, BlobFile] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, path: str | Path) -> Package:
        """Read the package's manifest and model; weights are read when their values are.

        Raises:
            MILError: if ``path`` is not a complete package that holds an ML Program.
        """
        path = Path(path)
        model_file = path / "Data" / _model_path(path)
        try:
            data = model_file.read_bytes()
        except (OSError, ValueError) as error:
            raise MILError(f"{path}: cannot read its model file: {error}") from error
        model = Model()
        try:
            model.ParseFromString(data)
        except DecodeError as error:
            raise MILError(f"{model_file}: not a Core ML model: {error}") from error
        kind = model.WhichOneof("Type")
        if kind != "mlProgram":
            raise MILError(
                f"{path}: holds a model of type {kind or 'unknown'}, not an ML Program: "
                'convert it with convert_to="mlprogram"'
            )
        return cls(path, model, model_file.parent)

    def function(self, name: str | None = None) -> tuple[str, Any]:
        """Return the name and the ``MILSpec.Function`` message of a function.

        Args:
            name: The function's name; ``None`` for the package's default function.

        Raises:
            MILError: if there is no such function.
        """
        functions = self.model.mlProgram.functions
        name = name or self.model.description.defaultFunctionName or "main"
        if name not in functions:
            raise MILError(
                f"{self.path}: has no function {name!r}, only {', '.join(sorted(functions))}"
            )
        return name, functions[name]

    def value(self, proto: Any) -> Any:
        """Read a ``MILSpec.Value`` message, from the weight files where it points there.

        Returns:
            A read-only or fresh array of the declared shape; a ``str`` for a string; a list for a
            list. Packed integers come back in whole bytes.

        Raises:
            MILError: if the stored bytes do not make up a value of the declared type.
        """
        declared = read_type(proto.type)
        if isinstance(declared, ListType):
            return [self.value(item) for item in proto.immediateValue.list.values]
        shape = None if isinstance(declared, StateType) else declared.static_shape
        if isinstance(declared, StateType) or shape is None:
            raise MILError(f"{self.path}: a constant has type {declared}, which has no fixed size")
        if proto.WhichOneof("value") == "blobFileValue":
            return self._stored(proto.blobFileValue, declared).reshape(shape)
        return _immediate(proto.immediateValue.tensor, declared, shape)

    def _stored(self, proto: Any, declared: TensorType) -> np.ndarray:
        name = proto.fileName
        if name not in self._blobs:
            relative = Path(name.removeprefix(_MODEL_PATH))
            if relative.is_absolute() or ".." in relative.parts:
                raise MILError(f"{self.path}: weights in {name!r} lie outside the package")
            self._blobs[name] = BlobFile.load(self.root / relative)
        return self._blobs[name].read(proto.offset, declared)


def function_block(function: Any) -> Any:
    """Return the ``MILSpec.Block`` message of a function.

    Raises:
        MILError: if it has none for its opset.
    """
    if function.opset not in function.block_specializations:
        raise MILError(f"the function has no block for its opset {function.opset!r}")
    return function.block_specializations[function.opset]


def operations(block: Any) -> Iterator[Any]:
    """Walk the ``MILSpec.Operation`` messages of a block and of the blocks nested in it."""
    for operation in block.operations:
        yield operation
        for nested in operation.blocks:
            yield from operations(nested)


def operation_name(operation: Any) -> str:
    """An operation's own name, or those of its outputs where it has none."""
    strings = operation.attributes["name"].immediateValue.tensor.strings.values
    return "".join(strings) or ", ".join(output.name for output in operation.outputs)


def _model_path(package: Path) -> str:
    manifest = package / "Manifest.json"
    try:
        content = json.loads(manifest.read_bytes())
    except OSError as error:
        raise MILError(f"{package}: not a .mlpackage: cannot read its manifest: {error}") from error
    except ValueError as error:
        raise MILError(f"{manifest}: not JSON: {error}") from error
    try:
        path = content["itemInfoEntries"][content["rootModelIdentifier"]]["path"]
    except (KeyError, TypeError) as error:
        raise MILError(f"{manifest}: does not name the root model's file") from error
    if not isinstance(path, str) or ".." in Path(path).parts:
        raise MILError(f"{manifest}: the root model's path {path!r} lies outside the package")
    return path


def _immediate(proto: Any, declared: TensorType, shape: tuple[int, ...]) -> Any:
    kind = proto.WhichOneof("value")
    if declared.element == "STRING":
        if kind != "strings" or len(proto.strings.values) != 1:
            raise MILError("a string constant does not hold one string")
        return proto.strings.values[0]
    count = int(np.prod(shape, dtype=np.int64))
    bits = SUB_BYTE_BITS.get(declared.element)
    if kind != "bytes":
        values = np.array(getattr(proto, kind).values if kind else (), declared.dtype)
    elif bits is not None:
        values = unpack_bits(proto.bytes.values, bits, count, signed=declared.element == "INT4")
    elif len(proto.bytes.values) == count * declared.dtype.itemsize:
        values = np.frombuffer(proto.bytes.values, declared.dtype.newbyteorder("<"))
        values = values.astype(declared.dtype, copy=False)
    else:
        values = np.empty(0, declared.dtype)
    if values.size != count:
        raise MILError(f"a constant of type {declared} does not hold its {count} elements")
    return values.reshape(shape)
