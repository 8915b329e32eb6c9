"""The kinds of models by name: each with its configuration in one file, registered here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import MISSING, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from act_artefact.errors import UserError, escaped, shown

if TYPE_CHECKING:
    from act_mobile.ponder_model import PonderModel

MODELS = {
    "sequence": ("act_mobile.model", "ACTConfig", "ACTModel"),
    "iterated": ("act_mobile.iterated", "IteratedConfig", "IteratedModel"),
}
"""Module, configuration and model of each kind."""

MAX_LETTERS = 80
"""The most letters of a setting in a configuration; the longest is a halting policy's."""


class Config(Protocol):
    """Everything that is needed to build a model, in plain types: a dataclass of settings."""

    kind: ClassVar[str]
    """A name in ``MODELS``."""
    timed: ClassVar[bool]
    """True if x has a time axis, (B, T, ...)."""
    cells: ClassVar[Collection[str]]
    """The cells, or steps, that it may have."""

    @property
    def vocab_size(self) -> int | None:
        """Tokens are below it, where a model reads tokens; else None."""
        ...

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one time step of x, or of x where there is no time; empty for tokens."""
        ...

    @property
    def axes(self) -> tuple[str | None, ...]:
        """The names of those axes of x whose size the model does not care for; empty if none."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Make plain types, of which :func:`config_from_dict` makes the configuration again."""
        ...


def build(config: Config) -> PonderModel:
    """Make the model of a configuration."""
    module, _, model = MODELS[config.kind]
    built: PonderModel = getattr(import_module(module), model)(config)
    return built


def config_class(kind: str) -> type[Config]:
    """The class of a kind's configurations."""
    module, name, _ = MODELS[kind]
    found: type[Config] = getattr(import_module(module), name)
    return found


def config_from_dict(saved: dict[Any, Any]) -> Config:
    """Make the configuration that ``to_dict`` described; one without a kind is a sequence model's.

    Raises:
        UserError: an entry is missing, unknown or out of range.
    """
    settings = dict(saved)
    kind = settings.pop("model", "sequence")
    if not isinstance(kind, str) or kind not in MODELS:
        raise UserError(f"model {shown(kind)} is not known: use one of {', '.join(MODELS)}")
    config: Any = config_class(kind)
    required = {f.name for f in fields(config) if f.default is MISSING}
    if unknown := sorted(map(str, settings.keys() - {f.name for f in fields(config)})):
        raise UserError(f"config has unknown entries: {escaped(', '.join(unknown))}")
    if missing := sorted(required - settings.keys()):
        raise UserError(f"config lacks {', '.join(missing)}")
    for setting, value in settings.items():
        if not _is_setting(value):
            raise UserError(f"config: {setting} cannot be {shown(value)}")
    made: Config = config(**settings)
    return made


def _is_setting(value: Any) -> bool:
    """Test for what any setting may be: a number, a few letters, or None."""
    if isinstance(value, str):
        return len(value) <= MAX_LETTERS
    if isinstance(value, int):
        return value.bit_length() < 64
    return value is None or isinstance(value, float)
