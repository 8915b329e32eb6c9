"""Lowerings that this target adds to litert-torch's or replaces, for one conversion at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from litert_torch.backend.lowerings import registry

from act_artefact.errors import CheckFailed, UserError
from act_export.targets.tflite import any_length, rows, while_loop

VERSIONS = {"litert-torch": "0.10.0", "litert-converter": "0.5.0"}
"""Packages whose internals the lowerings use, in these versions."""


@contextmanager
def registered() -> Iterator[None]:
    """Return a context in which litert-torch lowers ``while_loop``, and rows of tensors well.

    Raises:
        UserError: other versions of the converters are installed.
        CheckFailed: litert-torch has a lowering of ``while_loop`` of its own by now.
    """
    for package, known in VERSIONS.items():
        if (found := version(package)) != known:
            raise UserError(
                f"{package} {found}: target tflite uses internals of {known}: "
                "pip install 'act-mobile[tflite]'"
            )
    if registry.lookup(while_loop.OPERATOR) is not None:
        raise CheckFailed("litert-torch lowers while_loop itself: ours is to be dropped")
    ours: dict[Any, Any] = {
        while_loop.OPERATOR: while_loop.lower,
        **rows.LOWERINGS,
        **any_length.LOWERINGS,
    }
    table = registry.global_registry.registered_ops
    theirs = dict(table)
    table.update(ours)
    try:
        yield
    finally:
        table.clear()
        table.update(theirs)
