"""Packages that only some of the project needs, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from act_artefact.errors import UserError


def require(module: str, extra: str) -> ModuleType:
    """Import ``module``, or say which extra of this package brings it.

    Raises:
        UserError: the module is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is not installed: pip install act-mobile[{extra}]") from None
