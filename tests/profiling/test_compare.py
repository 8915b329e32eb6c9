"""A comparison finds what changed, calls noise noise, and refuses what is not comparable."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from act_artefact.errors import CheckFailed, UserError
from act_profiling.report import files
from act_profiling.report.compare import Comparison, Entry, compare, main, show
from tests.profiling.synthetic import PER_STEP, measurement, report, sweep


def entry(comparison: Comparison, what: str, label: str = "charlm.tflite") -> Entry:
    (variant,) = (each for each in comparison.variants if each.label == label)
    (found,) = (each for each in variant.entries if each.what == what)
    return found


def printed(comparison: Comparison) -> str:
    out = io.StringIO()
    show(comparison, Console(file=out, highlight=False))
    return out.getvalue()


def test_the_same_again_is_noise() -> None:
    found = compare(report([measurement(seed=1)]), report([measurement(seed=2)]))
    assert entry(found, "latency").verdict == "noise"
    assert entry(found, "per step").verdict == "noise"
    assert entry(found, "mean N").verdict == "same"
    assert entry(found, "bits_per_char").verdict == "same"


def test_a_cheaper_ponder_step_is_found() -> None:
    faster = measurement(seed=2, per_step=PER_STEP - 1_500, metric=1.95)
    found = compare(report([measurement(seed=1)]), report([faster]))
    assert entry(found, "latency").verdict == "less"
    step = entry(found, "per step")
    assert step.verdict == "less"
    assert step.interval is not None
    assert step.interval[0] < -1_500 < step.interval[1]
    assert entry(found, "fixed").verdict == "noise"
    assert entry(found, "bits_per_char").change == pytest.approx(0.03)


def test_one_round_tells_nothing() -> None:
    found = compare(report([measurement(rounds=1)]), report([measurement(seed=1, fixed=9e5)]))
    assert entry(found, "latency").verdict == "one round"
    assert "one round" in printed(found)


def test_throttled_rounds_do_not_take_part() -> None:
    """Counted, their spread would hide the change."""
    faster = measurement(seed=2, per_step=PER_STEP - 1_500, throttled=0)
    found = compare(report([measurement(seed=1)]), report([faster]))
    assert entry(found, "latency").verdict == "less"


def test_instructions_change_by_any_difference() -> None:
    old, new = (report([measurement(emulated=True)], emulated=True) for _ in range(2))
    assert {each.verdict for each in compare(old, new).variants[0].entries} == {"same"}
    for each in new["variants"][0]["rounds"]:
        each["p50"] += 1
    assert entry(compare(old, new), "instructions").verdict == "more"


def test_what_else_changed_is_said() -> None:
    old = report(sweep()[3:6])
    new = report(
        [*sweep()[4:6], measurement("new")],
        settings={"threads": 2, "cpus": "c0", "warmup": 10, "rounds": 5, "min_seconds": 1.0},
    )
    found = compare(old, new)
    assert [each.label for each in found.variants] == [
        "charlm.tflite max_ponder=6",
        "charlm.tflite max_ponder=8",
    ]
    assert found.notes == (
        "threads: 1 before, 2 after",
        "charlm.tflite max_ponder=4 is only in the first report",
        "new is only in the second report",
    )


def test_a_failed_golden_check_is_said_and_not_compared() -> None:
    found = compare(report([measurement()]), report([measurement(passed=False)]))
    assert found.variants[0].entries == ()
    text = printed(found)
    assert "in the second report, golden check failed" in text
    assert "µs" not in text


@pytest.mark.parametrize("as_json", [False, True])
def test_a_failed_golden_check_in_the_second_report_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """All is shown first; one that has failed before, and no longer does, is no failure."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    for path, passed in ((good, True), (bad, False)):
        measured = [measurement("a"), measurement("b", passed=passed)]
        files.write(report(measured), measured, path)
    with pytest.raises(CheckFailed, match=r"^b on .*: golden check failed: ") as raised:
        main(good, bad, as_json=as_json)
    assert "a on" not in str(raised.value)
    shown = capsys.readouterr().out
    main(bad, good, as_json=as_json)
    if as_json:
        assert [each["label"] for each in json.loads(shown)["variants"]] == ["a", "b"]
    else:
        assert "in the second report, golden check failed" in shown


def test_another_file_under_the_same_name_is_said() -> None:
    found = compare(report([measurement()]), report([measurement(sha256="00" * 32)]))
    assert found.variants[0].artefact_changed
    assert "(other file)" in printed(found)


def test_different_devices_are_refused_unless_told() -> None:
    old, new = report([measurement()]), report([measurement()], identity="Pixel 3")
    message = r"different devices \(Pixel 7 .*; Pixel 3\): .*--anyway"
    with pytest.raises(UserError, match=message) as raised:
        compare(old, new)
    assert "\n" not in str(raised.value)
    assert compare(old, new, anyway=True).notes[0].startswith("different devices")


def test_different_data_are_refused_unless_told() -> None:
    data = {"name": "other.npz", "sha256": "cd" * 32, "sequences": 6, "time_steps": 99}
    old, new = report([measurement()]), report([measurement()], data=data)
    with pytest.raises(UserError, match=r"different data \(eval.npz, .*; other.npz, 99 time steps"):
        compare(old, new)
    assert compare(old, new, anyway=True).variants


def test_latency_and_instructions_are_never_compared() -> None:
    old, new = report([measurement()]), report([measurement(emulated=True)], emulated=True)
    with pytest.raises(UserError, match="one report is of latency, the other of instructions"):
        compare(old, new, anyway=True)


def test_reports_without_a_variant_in_common_are_refused() -> None:
    with pytest.raises(UserError, match="no variant is in both reports: one has a, the other b"):
        compare(report([measurement("a")]), report([measurement("b")]))


def test_it_works_from_files_and_fits_100_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = sweep()
    old, new = tmp_path / "a.json", tmp_path / "b.json"
    for path in (old, new):
        files.write(report(measured), measured, path)
    main(old, new)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "charlm.tflite max_ponder=8" in text
    main(old, new, as_json=True)
    assert (
        json.loads(capsys.readouterr().out)["variants"][0]["label"] == "charlm.tflite max_ponder=1"
    )
