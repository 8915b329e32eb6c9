"""The pickles that ``torch.save`` writes, read as data.

A pickle is a program for a stack machine, and the machines of Python and torch do what it says:
they call what it names, hash the keys and print the values that it builds. A few hundred bytes
then take hours, or all memory, even where all that may be called is harmless. The machine here
knows the opcodes that ``torch.save`` uses, has three functions to call, and makes nothing but
dicts, lists, tuples, plain values, and dense tensors within storages that the file really holds.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Record = Callable[[str], Tensor]
"""Finds the bytes of a storage, (n,) uint8, by its key; raises ValueError if there are none."""

STORAGES = {
    "torch DoubleStorage": torch.float64,
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch BFloat16Storage": torch.bfloat16,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
    "torch ShortStorage": torch.int16,
    "torch CharStorage": torch.int8,
    "torch ByteStorage": torch.uint8,
    "torch BoolStorage": torch.bool,
}
"""The types of elements that are read, by the name that a pickle has for each."""

MOST_AXES = 64
MOST = 1 << 40
"""Elements of an axis, or of a tensor if its axes of length 0 had length 1."""


class Foreign(Exception):
    """A pickle has something besides dense tensors and plain types."""


def unpickle(pickle: bytes, record: Record) -> Any:
    """Build what a pickle describes; of an ``OrderedDict`` a dict, of a ``Parameter`` a tensor.

    Raises:
        Foreign: it has objects of any other kind.
        ValueError: it is damaged.
    """
    machine = _Machine(record)
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            if opcode.name not in OPCODES:
                raise Foreign(opcode.name)
            OPCODES[opcode.name](machine, argument)
        return machine.pop()
    except LookupError:
        raise ValueError("takes what is not on its stack") from None


class _Machine:
    """A stack, the stacks below each mark, and what is remembered by number."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        return self._stack.pop()

    def mark(self, _: Any) -> None:
        self._marked.append(self._stack)
        self._stack = []

    def pop_mark(self) -> list[Any]:
        """Return all that was pushed since the last mark."""
        values, self._stack = self._stack, self._marked.pop()
        return values

    def put(self, number: int) -> None:
        self._memo[number] = self._stack[-1]

    def get(self, number: int) -> None:
        self.push(self._memo[number])

    def tuple_of(self, length: int) -> None:
        values = [self.pop() for _ in range(length)]
        self.push(tuple(reversed(values)))

    def append(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise ValueError("appends to what is not a list")
        target.extend(values)

    def set_items(self, keys: list[Any], values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not dict or len(keys) != len(values):
            raise ValueError("sets items of what is not a dict")
        for key, value in zip(keys, values, strict=True):
            # The hash of a tuple of tuples of tuples can take for ever.
            if type(key) not in (str, int):
                raise Foreign(type(key).__name__)
            target[key] = value

    def set_item(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self.set_items([key], [value])

    def find(self, name: str) -> None:
        if name not in GLOBALS:
            raise Foreign(name)
        self.push(GLOBALS[name])

    def call(self, _: Any) -> None:
        arguments, function = self.pop(), self.pop()
        if not callable(function) or type(arguments) is not tuple:
            raise ValueError("calls what is not a function")
        self.push(function(arguments))

    def build(self, _: Any) -> None:
        """Drop the attributes of a state_dict: the versions of the modules that it is of."""
        self.pop()
        if type(self._stack[-1]) is not dict:
            raise Foreign("attributes")

    def load_storage(self, _: Any) -> None:
        match self.pop():
            case ("storage", torch.dtype() as dtype, str(key), str(), int(count)):
                self.push(_Storage(_elements(self._record(key), dtype, count)))
            case _:
                raise ValueError("names what is not a storage")


class _Storage:
    """The elements that tensors share: (n,)."""

    def __init__(self, elements: Tensor) -> None:
        self.elements = elements


def _elements(contents: Tensor, dtype: torch.dtype, count: int) -> Tensor:
    """(n,) uint8 -> (count,) of ``dtype``."""
    size = count * dtype.itemsize
    if not 0 <= size <= len(contents):
        raise ValueError(f"a storage claims {count} elements and has {len(contents)} bytes")
    if size == 0:
        return contents.new_empty(0, dtype=dtype)
    # What is not 0 is true, whatever other bits of a byte are set.
    return contents[:size].ne(0) if dtype == torch.bool else contents[:size].view(dtype)


def _tensor(arguments: tuple[Any, ...]) -> Tensor:
    """``torch._utils._rebuild_tensor_v2``: storage, offset, size, stride, and what has no effect.

    The last of its arguments, if there are seven, is a dict of bits that negate or conjugate.
    """
    match arguments:
        case (_Storage() as storage, int(offset), tuple(size), tuple(stride), _, _, *bits):
            pass
        case _:
            raise ValueError("a tensor has other parts")
    if bits not in ([], [{}], [None]):
        raise Foreign("a view that negates or conjugates")
    elements = storage.elements
    if not _are_counts(size) or not _are_counts(stride) or len(size) != len(stride) or offset < 0:
        raise ValueError("a tensor's shape is not of whole numbers")
    if 0 in size:
        return elements.new_empty(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) > len(elements) or last >= len(elements):
        raise ValueError(f"a tensor of shape {size} in a storage of {len(elements)} elements")
    return elements.as_strided(size, stride, offset)


def _are_counts(values: tuple[Any, ...]) -> bool:
    return (
        len(values) <= MOST_AXES
        and all(type(n) is int and 0 <= n <= MOST for n in values)
        and (0 not in values or math.prod(n or 1 for n in values) <= MOST)
    )


def _parameter(arguments: tuple[Any, ...]) -> Tensor:
    """``torch._utils._rebuild_parameter``: the tensor, and what has no effect."""
    match arguments:
        case (Tensor() as tensor, _, _):
            return tensor
    raise ValueError("a parameter is no tensor")


def _mapping(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """``collections.OrderedDict``, whose items follow."""
    if arguments:
        raise ValueError("a dict is called with arguments")
    return {}


GLOBALS: dict[str, Any] = {
    **STORAGES,
    "collections OrderedDict": _mapping,
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_parameter": _parameter,
}
"""All that a pickle may name: its modules are not imported, nor its functions called."""


def _constant(value: Any) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(value)


def _tuple(length: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.tuple_of(length)


def _nothing(machine: _Machine, _: Any) -> None:
    pass


def _set_items(machine: _Machine, _: Any) -> None:
    items = machine.pop_mark()
    machine.set_items(items[::2], items[1::2])


OPCODES: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _nothing,
    "STOP": _nothing,
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"), _Machine.push
    ),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "APPEND": lambda machine, _: machine.append([machine.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.pop_mark()),
    "SETITEM": _Machine.set_item,
    "SETITEMS": _set_items,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.find,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.load_storage,
}
"""Protocol 2, as ``torch.save`` writes it, by the names that pickletools has."""
