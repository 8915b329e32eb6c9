"""The costs of ``report.json`` as declared types, in nanoseconds or as counted."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from act_artefact.schema import Amount, Count, Number, Share, Text

Interval = Annotated[list[Number], Meta(min_length=2, max_length=2)]


class _Summary(Struct, forbid_unknown_fields=True):
    """Without a tail where rows are means of batches."""

    count: Count
    mean: Amount
    min: Amount
    max: Amount | None
    p50: Amount
    p90: Amount | None
    p95: Amount | None
    p99: Amount | None


class _Line(Struct, forbid_unknown_fields=True):
    """A fitted line, or why there is none: all entries but ``missing``, or that alone."""

    fixed: Number | UnsetType = UNSET
    per_step: Number | UnsetType = UNSET
    r2: Share | UnsetType = UNSET
    rounds: Count | UnsetType = UNSET
    fixed_interval: Interval | UnsetType | None = UNSET
    per_step_interval: Interval | UnsetType | None = UNSET
    missing: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        given = {name for name in self.__struct_fields__ if getattr(self, name) is not UNSET}
        if given not in ({"missing"}, {*self.__struct_fields__} - {"missing"}):
            raise ValueError("neither a whole line nor the reason why there is none")


class _Group(Struct, forbid_unknown_fields=True):
    low: Count
    high: Count
    ponder_steps: Amount
    count: Count
    p10: Amount
    p50: Amount
    p90: Amount


class _Bars(Struct, forbid_unknown_fields=True):
    low: Count
    high: Count
    counts: list[Count]


class _Distribution(Struct, forbid_unknown_fields=True):
    edges: Annotated[list[Number], Meta(min_length=2)]
    groups: list[_Bars]
    beyond: Count


class CostEntry(Struct, forbid_unknown_fields=True):
    """The cost of calls: per call, per time step, by N."""

    per_call: _Summary
    per_time_step: _Summary
    typical_per_time_step: Amount
    line: _Line
    by_ponder_steps: list[_Group]
    distribution: _Distribution


class CountedEntry(Struct, forbid_unknown_fields=True):
    """A quantity that an emulated device counts, of a call."""

    mean: Amount
    line: _Line
