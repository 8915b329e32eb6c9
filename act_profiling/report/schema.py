"""``report.json`` as declared types: what a report may hold that is read again.

``report.schema.json`` says the same to other programs. Costs are nanoseconds or instructions.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from act_artefact.errors import shown
from act_artefact.metrics import METRICS
from act_artefact.schema import (
    Amount,
    Count,
    Digest,
    Name,
    Natural,
    Number,
    Share,
    Text,
    check_nesting,
)
from act_profiling.report.schema_costs import CostEntry, CountedEntry, Interval
from act_profiling.report.schema_images import ImagesEntry

Positive = Annotated[float, Meta(gt=0, le=1e18)]
Setting = Text | bool | float | None
Counts = list[Count] | UnsetType


class _Device(Struct, forbid_unknown_fields=True):
    name: Text
    identity: Text
    facts: dict[Text, Any]

    def __post_init__(self) -> None:
        check_nesting(self.facts)


class _Data(Struct):
    name: Text
    sha256: Digest
    sequences: Count
    time_steps: Count


class _Provenance(Struct, forbid_unknown_fields=True):
    boundary: Text
    versions: dict[Text, Text]
    settings: dict[Text, Setting]
    notes: list[Text]
    confidence: Share


class _Golden(Struct, forbid_unknown_fields=True):
    passed: bool
    calls: Count
    max_abs_error: dict[Name, Number]
    ponder_steps_differ: Count
    reason: Text


class _Round(Struct, forbid_unknown_fields=True):
    rows: Count
    throttled: bool
    resumed: Count
    notes: list[Text]
    runtime: Text | None
    p50: Positive | None
    without: Positive | UnsetType | None = UNSET
    fixed: Number | UnsetType = UNSET
    per_step: Number | UnsetType = UNSET
    init_ns: Amount | UnsetType | None = UNSET
    first_ns: Amount | UnsetType | None = UNSET
    warmup_ns: Amount | UnsetType | None = UNSET


class _PonderSteps(Struct, forbid_unknown_fields=True):
    mean: Amount
    p50: Amount
    max: Count
    layers: list[Amount]
    time_steps: Count


class _PonderCost(Struct, forbid_unknown_fields=True):
    mean: Number


class _Metric(Struct, forbid_unknown_fields=True):
    name: Text
    value: Number

    def __post_init__(self) -> None:
        if self.name not in METRICS:
            raise ValueError(f"a metric is one of {', '.join(METRICS)}")


class _Start(Struct, forbid_unknown_fields=True):
    init_ns: Amount | UnsetType = UNSET
    first_ns: Amount | UnsetType = UNSET
    warmup_ns: Amount | UnsetType = UNSET


class _Operator(Struct, forbid_unknown_fields=True):
    name: Text
    nanoseconds_per_call: Amount
    runs_per_call: Amount


class _Said(Struct, forbid_unknown_fields=True):
    start: Count
    end: Natural
    target: Text
    said: Text


class _Sample(Struct, forbid_unknown_fields=True):
    ponder_steps: list[list[Count]]
    tokens: list[int] | None
    inputs: list[list[Number]] | None
    vocabulary: Text | None
    starts: list[Count]
    answers: list[_Said] = []


class _Level(Struct, forbid_unknown_fields=True):
    low: int
    high: int
    count: Natural
    ponder_steps: Amount
    metric: Number | None


class _Difficulty(Struct, forbid_unknown_fields=True):
    name: Text
    spearman: Annotated[float, Meta(ge=-1.001, le=1.001)] | None
    levels: Annotated[list[_Level], Meta(min_length=1)]


class _Variant(Struct, forbid_unknown_fields=True):
    """A line of the report: what was run and, unless ``missing`` says why not, its numbers."""

    label: Text
    artefact: Text
    sha256: Digest
    target: Text
    ponder: Text
    precision: Text
    batch: Natural
    sequence: Text | Natural
    max_ponder: Count
    epsilon: Share | None
    budget: dict[Name, Number]
    threads: Natural
    cpus: Text | None
    golden: _Golden
    missing: Text | None
    rounds: list[_Round] | UnsetType = UNSET
    latency: CostEntry | UnsetType = UNSET
    instructions: CostEntry | UnsetType = UNSET
    ponder_steps: _PonderSteps | UnsetType = UNSET
    ponder_cost: _PonderCost | UnsetType = UNSET
    metric: _Metric | UnsetType | None = UNSET
    memory: dict[Name, Amount] | UnsetType = UNSET
    start: _Start | UnsetType = UNSET
    counts: dict[Name, CountedEntry] | UnsetType = UNSET
    operators: list[_Operator] | UnsetType = UNSET
    repeats_differ: Count | UnsetType = UNSET
    sample: _Sample | UnsetType | None = UNSET
    difficulty: _Difficulty | UnsetType | None = UNSET
    images: ImagesEntry | UnsetType | None = UNSET
    task: Name | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if self.missing is not None:
            return
        costs = {"latency", "instructions"}
        # Reports from before there were these are read too.
        for name in {*self.__struct_fields__} - costs - {"difficulty", "images", "task"}:
            if getattr(self, name) is UNSET:
                raise ValueError(f"neither has {name} nor says why it is missing")
        if (self.latency is UNSET) == (self.instructions is UNSET):
            raise ValueError("has not just one of latency and instructions")
        if not self.golden.passed:
            raise ValueError("has numbers although its golden check failed")
        rounds = self.rounds or []
        if not any(each.p50 and not each.throttled for each in rounds):
            raise ValueError("has numbers and no round that they are of")


class _Front(Struct, forbid_unknown_fields=True):
    metric: Text
    higher_is_better: bool
    labels: list[Text]


class _Verdict(Struct, forbid_unknown_fields=True):
    label: Text
    target: Text
    precision: Text
    nets: Annotated[list[Text], Meta(min_length=1, max_length=2)]
    bound: Literal["between", "at least", "below"]
    steps: Amount
    steps_interval: Interval
    ratio: Amount | None
    ratio_interval: Interval | None

    def __post_init__(self) -> None:
        below = self.bound == "below"
        if (self.ratio is None, self.ratio_interval is None) != (below, below):
            raise ValueError("a verdict has a ratio unless it is below all fixed nets")
        if len(self.nets) != 1 + (self.bound == "between"):
            raise ValueError("a verdict is between two nets, or beyond one")


class _Columns(Struct, forbid_unknown_fields=True):
    """One entry a row; of ``n_`` columns, one a time step of the data. None where nothing ran."""

    round: Counts = UNSET
    call: Counts = UNSET
    repeat: Counts = UNSET
    nanoseconds: Counts = UNSET
    time_steps: Counts = UNSET
    ponder_steps: Counts = UNSET
    digest: Counts = UNSET
    instructions: Counts = UNSET
    macs: Counts = UNSET
    loads: Counts = UNSET
    stores: Counts = UNSET
    kept: list[bool] | UnsetType = UNSET
    n_call: Counts = UNSET
    n_ponder_steps: list[list[Count]] | UnsetType = UNSET
    n_remainder: list[list[Number]] | UnsetType = UNSET


class _Rows(Struct, forbid_unknown_fields=True):
    """The raw rows by variant, or the name of the ``.npz`` beside the report that has them."""

    variants: list[_Columns] | UnsetType = UNSET
    file: Name | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.variants is UNSET) == (self.file is UNSET):
            raise ValueError("has not just one of variants and file")


class ReportFile(Struct, forbid_unknown_fields=True):
    """The whole file."""

    format: Literal["act-mobile/report/1"]
    created: Text
    cost: Literal["latency", "instructions"]
    device: _Device
    data: _Data
    provenance: _Provenance
    variants: Annotated[list[_Variant], Meta(min_length=1)]
    front: _Front | None
    fronts: dict[Name, list[Text]] = {}
    verdicts: list[_Verdict] = []
    rows: _Rows | UnsetType = UNSET

    def __post_init__(self) -> None:
        labels = Counter(variant.label for variant in self.variants)
        for variant in self.variants:
            if labels[variant.label] > 1:
                raise ValueError(f"two variants have the label {shown(variant.label)}")
            if variant.missing is None and getattr(variant, self.cost) is UNSET:
                raise ValueError(f"{shown(variant.label)} has no {self.cost}")
        for verdict in self.verdicts:
            if unknown := {verdict.label, *verdict.nets} - labels.keys():
                raise ValueError(f"a verdict on {shown(min(unknown))}, which is no variant")
