"""The base of the models that are trained here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from torch import nn

from act_mobile.halting.policy import Halting

if TYPE_CHECKING:
    from act_mobile.act import ACT
    from act_mobile.ponder.module import Ponder


class PonderModel(nn.Module, ABC):
    """A model of a kind in :mod:`act_mobile.models`; its results have ``output`` and ``ponder``."""

    config: Any
    """Its :class:`act_mobile.models.Config`."""

    @property
    @abstractmethod
    def layer(self) -> ACT | Ponder:
        """The part that ponders."""

    @property
    def policy(self) -> Halting:
        """The halting policy of all its layers."""
        return self.layer.policy

    @property
    def halting_units(self) -> list[nn.Linear]:
        """The layers' halting units; none if the policy has none."""
        units = self.layer.halting
        return [] if units is None else [m for m in units.modules() if isinstance(m, nn.Linear)]
