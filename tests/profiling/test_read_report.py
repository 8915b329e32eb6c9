"""``report.json`` from a stranger: whole and of the declared types, or one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from act_artefact.errors import UserError
from act_profiling.report import files
from act_profiling.report.compare import main
from act_profiling.report.schema import ReportFile
from tests.profiling.synthetic import measurement, report

VERDICT = {
    "label": "a", "target": "onnx", "precision": "fp32", "nets": ["b"], "bound": "below",
    "steps": 2, "steps_interval": [2, 2], "ratio": None, "ratio_interval": None,
}  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    measured = [measurement("a", rounds=2), measurement("b", passed=False)]
    files.write(report(measured), measured, tmp_path / "r.json")
    return tmp_path / "r.json", json.loads((tmp_path / "r.json").read_text())


def refused(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    with pytest.raises(UserError) as caught:
        main(path, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(": give a report that act-profile wrote")
    assert message.isprintable()
    return message


def test_what_was_written_is_read(written: tuple[Path, dict[str, Any]]) -> None:
    path, value = written
    assert files.read(path) == value


@pytest.mark.parametrize(
    ("place", "odd", "reason"),
    [
        (("format",), "other", "not an act-mobile/report/1 report"),
        (("format",), 3, "format: expected str, got int"),
        (("cost",), "instructions", "'a' has no instructions"),
        (("variants",), [], "variants: expected array of length >= 1"),
        (("variants", 1, "label"), "a", "two variants have the label 'a'"),
        (("variants", 0, "label"), "\x1b[31m", "variants[0].label: expected str without control"),
        (("variants", 0, "rounds", 0, "p50"), 0, "variants[0].rounds[0].p50: expected float > 0"),
        (("variants", 0, "rounds", 0, "p50"), "x", "variants[0].rounds[0].p50: expected float"),
        (("variants", 0, "rounds"), [], "has numbers and no round that they are of"),
        (("variants", 0, "metric"), {"name": "x", "value": 1}, "a metric is one of"),
        (("variants", 0, "golden", "passed"), False, "although its golden check failed"),
        (("variants", 0, "latency", "line"), {}, "neither a whole line nor the reason"),
        (("device", "facts"), {"a": [[[[[[[[[]]]]]]]]]}, "nested more than 8 levels deep"),
        (("provenance", "settings", "threads"), [], "provenance.settings[...]: expected"),
        (("rows",), {}, "has not just one of variants and file"),
        (
            ("verdicts",),
            [{**VERDICT, "nets": ["c"]}],
            "a verdict on 'c', which is no variant",
        ),
        (("more",), 1, "unknown field more"),
    ],
)
def test_edited(
    written: tuple[Path, dict[str, Any]], place: tuple[Any, ...], odd: Any, reason: str
) -> None:
    path, value = written
    inside = value
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = odd
    assert reason in refused(path, value)


@pytest.mark.parametrize("name", ["rounds", "metric", "ponder_steps", "latency", "sample"])
def test_a_variant_lacks_numbers(written: tuple[Path, dict[str, Any]], name: str) -> None:
    path, value = written
    del value["variants"][0][name]
    refused(path, value)


def test_tiny_differences_between_rounds(written: tuple[Path, dict[str, Any]]) -> None:
    """The square of their variance is 0."""
    path, value = written
    for number, each in enumerate(value["variants"][0]["rounds"]):
        each["fixed"] = number * 1e-160
    del value["variants"][1]
    path.write_text(json.dumps(value))
    main(path, path)


def test_the_published_schema_has_the_same_entries() -> None:
    published = json.loads(files.SCHEMA.read_text())
    made = msgspec.json.schema(ReportFile)["$defs"]
    ours = {each["title"].strip("_"): each["properties"].keys() for each in made.values()}
    theirs = {**published["$defs"], "ReportFile": published}
    pairs = {
        "ReportFile": "ReportFile", "Variant": "variant", "Round": "round", "CostEntry": "cost",
        "Summary": "summary", "Group": "group", "Golden": "golden", "Sample": "sample",
        "Columns": "columns", "Distribution": "distribution",
    }  # fmt: skip
    for name, other in pairs.items():
        assert ours[name] == theirs[other]["properties"].keys(), name
