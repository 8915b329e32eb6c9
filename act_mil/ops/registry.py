"""The registry of MIL ops: a new op is one decorated function in a module of this package.

An op's signature says how the evaluator calls it:

* positional parameters are the op's tensors and arrive as numpy arrays (a list as a
  :class:`~act_mil.ops.lists.TensorList`), absent optional ones as their default ``None``;
  ``*values`` takes an op's tuple of tensors;
* keyword-only parameters are its attributes and arrive as plain Python values: ``bool``, ``int``,
  ``float`` or ``str`` for a scalar, a tuple of them for a vector.

Names, defaults and meaning are those of the MIL op reference
(https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html). A
function must not change its operands. It raises ``ValueError`` for operands that the reference
rules out; the evaluator adds the op's name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Op:
    """A registered op.

    Attributes:
        name: Its MIL name.
        function: Computes it.
        tensors: The positional parameters, in order.
        values: The variadic parameter's name, or ``None``.
        attributes: The keyword-only parameters.
        required: The parameters without a default, ``values`` excepted.
        rounds: Whether it computes in float32 and rounds, where its tensors are float16; false for
            ops that move, compare or convert elements, and need neither.
        many: Whether the function returns a tuple of results, one for each of the op's outputs.
    """

    name: str
    function: Callable[..., Any]
    tensors: tuple[str, ...]
    values: str | None
    attributes: frozenset[str]
    required: frozenset[str]
    rounds: bool
    many: bool

    @property
    def parameters(self) -> frozenset[str]:
        """The names of all parameters."""
        values = () if self.values is None else (self.values,)
        return self.attributes.union(self.tensors, values)


OPS: dict[str, Op] = {}
"""The registered ops by MIL name."""


def op(name: str, *, rounds: bool = True, many: bool = False) -> Callable[[Function], Function]:
    """Register the decorated function as the MIL op ``name``.

    Args:
        name: The op's name in a saved program, such as ``"add"``.
        rounds: See :class:`Op`.
        many: See :class:`Op`.

    Returns:
        A decorator that returns its function unchanged.

    Raises:
        ValueError: if the op is registered already.
    """

    def register(function: Function) -> Function:
        if name in OPS:
            raise ValueError(f"op {name!r} is registered already")
        parameters = inspect.signature(function).parameters.values()
        kinds = {parameter.name: parameter.kind for parameter in parameters}
        values = [n for n, kind in kinds.items() if kind is inspect.Parameter.VAR_POSITIONAL]
        OPS[name] = Op(
            name=name,
            function=function,
            tensors=tuple(
                n for n, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            ),
            values=values[0] if values else None,
            attributes=frozenset(
                n for n, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY
            ),
            required=frozenset(
                p.name
                for p in parameters
                if p.default is inspect.Parameter.empty and p.name not in values
            ),
            rounds=rounds,
            many=many,
        )
        return function

    return register
