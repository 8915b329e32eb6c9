"""Reports say what was measured, follow their schema, and never show what means nothing."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from rich.console import Console

from act_artefact.errors import UserError
from act_profiling.job import Call
from act_profiling.measurement import GoldenCheck, Measurement, Metric, Round, real_time_steps
from act_profiling.operators import Operator
from act_profiling.report import files, terminal
from act_profiling.report.build import Report
from act_profiling.report.origin import provenance
from act_profiling.rows import Row
from tests.profiling.synthetic import (
    FIXED,
    INSTRUCTIONS,
    INSTRUCTIONS_PER_STEP,
    PER_STEP,
    TEXT,
    measurement,
    ponder,
    report,
    sweep,
)


def check(value: Report) -> None:
    schema = json.loads(files.SCHEMA.read_text())
    jsonschema.Draft202012Validator(schema).validate(value)


def printed(value: Report) -> str:
    out = io.StringIO()
    terminal.show(value, Console(file=out, highlight=False))
    return out.getvalue()


def batched(steps: Any, real: Any = None) -> Measurement:
    """Calls of (B, T, L) ponder steps, whose cost is that of the steps they run."""
    rows = []
    for call, n in enumerate(steps):
        run = int(n.max(0).sum())
        outputs = {"ponder_steps": n, "remainder": np.full(n.shape, 0.25, np.float32)}
        rows.append(Row(call, 0, 5_000 + 100 * run, call, outputs))
    base = measurement("batched", batch=2, sequence=steps[0].shape[1])
    rounds = (Round(tuple(rows), {}),) * 2
    return replace(base, rounds=rounds, real_time_steps=real, sample=None)


def test_it_tells_what_the_latency_is_made_of() -> None:
    (variant,) = report([measurement()])["variants"]
    line = variant["latency"]["line"]
    # Jitter adds its median, 1.5 us, to what is fixed.
    assert line["fixed"] == pytest.approx(FIXED + 1_510, rel=0.03)
    assert line["per_step"] == pytest.approx(PER_STEP, rel=0.01)
    low, high = line["per_step_interval"]
    assert low < PER_STEP < high
    assert variant["latency"]["per_call"]["count"] == 5 * 3 * len(TEXT)
    assert variant["ponder_steps"]["mean"] == pytest.approx(ponder(TEXT, 8).mean())
    assert variant["ponder_cost"]["mean"] == pytest.approx(ponder(TEXT, 8).mean() + 0.3)
    assert variant["start"] == {"init_ns": 4_120_000, "first_ns": 912_000, "warmup_ns": 2_100_000}


@pytest.mark.parametrize("emulated", [False, True])
def test_every_report_follows_the_schema(emulated: bool) -> None:
    bad, hot = measurement("bad", passed=False), measurement("hot", throttled=1, emulated=emulated)
    check(report([*sweep(emulated), bad, hot], emulated))
    check(report([measurement("x", rounds=1, metric=None, emulated=emulated)], emulated))


def test_the_schema_refuses_latency_of_an_emulated_device() -> None:
    wrong = report([measurement(emulated=True)], emulated=True)
    wrong["variants"][0]["latency"] = wrong["variants"][0].pop("instructions")
    with pytest.raises(jsonschema.ValidationError):
        check(wrong)


def test_an_emulated_device_has_instructions_and_no_time(tmp_path: Path) -> None:
    measured = sweep(emulated=True)
    written = files.write(report(measured, emulated=True), measured, tmp_path / "r.json")
    check(written)
    variant = written["variants"][5]
    assert variant["instructions"]["line"]["fixed"] == pytest.approx(INSTRUCTIONS)
    assert variant["instructions"]["line"]["per_step"] == pytest.approx(INSTRUCTIONS_PER_STEP)
    assert variant["counts"]["macs"]["line"]["per_step"] == pytest.approx(65_536)
    text = (tmp_path / "r.json").read_text()
    assert "nanoseconds" not in text
    assert "_ns" not in text
    table = printed(written)
    assert "= 34,969 + 21,328 x N" in table
    assert "the same in all 5 rounds" in table
    assert not any(unit in table for unit in (" ns", "µs", " ms", "latency"))


def test_a_failed_golden_check_shows_no_number(tmp_path: Path) -> None:
    bad = measurement("wrong.tflite", passed=False)
    full = replace(measurement("wrong.tflite"), golden=bad.golden)
    value = report([full, measurement("right.tflite")])
    assert "latency" not in value["variants"][0]
    table = printed(value)
    assert "✗ wrong.tflite: golden check failed: y of call 2 is off by 0.21" in table
    assert sum("wrong.tflite" in line for line in table.splitlines()) == 1
    assert "right.tflite: latency of a call =" in table
    assert "no variant has a number" in printed(report([bad]))


def test_throttled_rounds_are_kept_and_not_counted(tmp_path: Path) -> None:
    hot, cool = measurement(throttled=2), measurement(throttled=None)
    value = files.write(report([hot]), [hot], tmp_path / "r.json")
    found = value["variants"][0]["latency"]
    assert found["line"]["rounds"] == 4
    assert found["line"]["per_step"] == pytest.approx(PER_STEP, rel=0.01)
    assert (
        found["per_call"]["max"] < report([cool])["variants"][0]["latency"]["per_call"]["max"] * 2
    )
    rows = value["rows"]["variants"][0]
    assert len(rows["call"]) == 5 * 3 * len(TEXT)
    assert sum(rows["kept"]) == 4 * 3 * len(TEXT)
    assert "1 of 5 rounds throttled" in printed(value)


def test_throttled_in_every_round_is_no_number() -> None:
    hot = measurement(rounds=1, throttled=0)
    value = report([hot])
    check(value)
    assert value["variants"][0]["missing"] == "every round was throttled: let the device cool"


def test_a_batch_runs_as_long_as_its_longest_row() -> None:
    rng = np.random.default_rng(0)
    steps = rng.integers(1, 6, (12, 2, 5, 3)).astype(np.int32)
    (variant,) = report([batched(list(steps))])["variants"]
    assert variant["latency"]["line"]["fixed"] == pytest.approx(5_000)
    assert variant["latency"]["line"]["per_step"] == pytest.approx(100)
    assert variant["latency"]["per_time_step"]["min"] == variant["latency"]["per_call"]["min"] / 5
    assert variant["ponder_steps"]["layers"] == pytest.approx(steps.mean((0, 1, 2)))
    assert variant["ponder_steps"]["mean"] == pytest.approx(steps.sum(-1).mean())


def test_padding_is_run_and_not_counted_as_data() -> None:
    steps = np.ones((2, 2, 4, 1), np.int32)
    steps[1, 1, 2:] = 50
    zeros = np.zeros((2, 4, 1), np.float32)
    calls = [
        Call(zeros, np.ones(2, bool), places=((0, 0, 4), (1, 0, 4))),
        Call(zeros, np.ones(2, bool), places=((0, 4, 4), (1, 4, 2))),
    ]
    (variant,) = report([batched(list(steps), real_time_steps(calls))])["variants"]
    assert variant["ponder_steps"] == {
        "mean": 1,
        "p50": 1,
        "max": 1,
        "layers": [1],
        "time_steps": 14,
    }
    assert variant["latency"]["by_ponder_steps"][-1]["high"] == 102


def test_answers_that_change_between_repeats_are_reported() -> None:
    base = measurement(rounds=1)
    rows = (replace(base.rounds[0].rows[0], digest=1), *base.rounds[0].rows[1:])
    value = report([replace(base, rounds=(replace(base.rounds[0], rows=rows),))])
    assert value["variants"][0]["repeats_differ"] == 1
    assert "y of 1 calls differs from one repeat to another" in printed(value)


def test_a_metric_that_is_no_number_is_a_failure() -> None:
    value = report([replace(measurement(), metric=Metric("bits_per_char", float("nan")))])
    check(value)
    assert value["variants"][0]["missing"] == "bits_per_char is nan: outputs are not numbers"


def test_the_front_is_of_accuracy_against_cost() -> None:
    value = report(sweep())
    assert value["front"]["metric"] == "bits_per_char"
    assert {
        "charlm.tflite max_ponder=1",
        "charlm.tflite max_ponder=4",
        "charlm.tflite max_ponder=6",
    } <= set(value["front"]["labels"])
    assert not {"fixed:4", "fixed:6", "charlm unrolled"} & set(value["front"]["labels"])
    assert "charlm unrolled" not in printed(value).splitlines()[3]
    assert report([measurement(metric=None)])["front"] is None


def test_what_is_beaten_is_said_first() -> None:
    baseline = measurement("fixed:1", steps=np.ones(len(TEXT), np.int32), epsilon=None, metric=1.9)
    first = " ".join(printed(report([measurement("act"), baseline])).split())
    assert "beaten by fixed:1: bits_per_char 1.9, " in first
    baseline = replace(baseline, metric=Metric("bits_per_char", 1.92002))
    first = " ".join(printed(report([measurement("act"), baseline])).split())
    assert "beaten by fixed:1: bits_per_char 1.92 (worse by noise at most), " in first
    assert "beaten" not in printed(report([measurement("act")]))


def nets(metric: float, target: str = "tflite", **act: Any) -> list[Measurement]:
    """Fixed nets of 2, 4 and 8 steps with 1.95, 1.9 and 1.85 bits, and one that ponders."""
    fixed = [
        measurement(
            f"{target} fixed{k}", steps=np.full(len(TEXT), k, np.int32), epsilon=None, max_ponder=k,
            metric=bits, target=target,
        )
        for k, bits in ((2, 1.95), (4, 1.9), (8, 1.85))
    ]  # fmt: skip
    return [measurement(f"{target} act", metric=metric, target=target, **act), *fixed]


def test_the_verdict_comes_first() -> None:
    three, five = np.full(len(TEXT), 3, np.int32), np.full(len(TEXT), 5, np.int32)
    three[0] = five[0] = 2  # a line needs two values
    both = report([*nets(1.875, steps=three), *nets(1.875, "onnx", steps=five)])
    first, *_ = printed(both).splitlines()
    words = " ".join(printed(both).split())
    # 38 + 3 x 21.3 over 38 + 6 x 21.3 microseconds, and 5 steps over 6.
    assert first == "pondering pays: as accurate as 6.0 fixed steps in 0.62 to 0.87 of the time"
    for target in ("tflite", "onnx"):
        assert f"{target} act: as accurate as 6.0 fixed steps (6.0 to 6.0; between" in words
    eight = np.full(len(TEXT), 8, np.int32)
    eight[0] = 7
    worse = printed(report(nets(1.9, steps=eight)))
    assert worse.startswith("pondering does not pay: as accurate as 4.0 fixed steps in 1.6")
    none = printed(report(nets(2.0)))
    assert none.startswith("pondering does not pay: less accurate than every fixed number")
    best = " ".join(printed(report(nets(1.8, steps=three))).split())
    assert "at least as accurate as tflite fixed8, the cheapest of the best, in 0.4" in best
    assert "fixed steps" not in printed(report(nets(1.9)[:2]))  # one net is no row


@pytest.mark.parametrize(
    ("intervals", "answer"),
    [
        ([(0.90, 1.10)], "undecided whether pondering pays, the difference is within the noise: "),
        ([(0.90, 0.996)], "undecided whether"),  # as 0.90 to 1.00
        ([(0.90, 0.99)], "pondering pays: "),
        ([(1.01, 1.10)], "pondering does not pay: "),
        ([(0.90, 0.99), (0.90, 1.10)], "pondering pays in 1 of 2 runtimes, undecided in 1: "),
        ([(1.01, 1.10), (0.90, 1.10)], "pondering does not pay in 1 of 2 runtimes, undecided in"),
    ],
)
def test_a_ratio_whose_interval_holds_1_is_undecided(
    intervals: list[tuple[float, float]], answer: str
) -> None:
    value = report(nets(1.9))
    (judged,) = value["verdicts"]
    value["verdicts"] = [
        {**judged, "target": f"t{k}", "ratio": sum(ends) / 2, "ratio_interval": [*ends]}
        for k, ends in enumerate(intervals)
    ]
    assert printed(value).startswith(answer[:60])
    assert answer in " ".join(printed(value).split())


def test_every_net_that_ponders_has_a_verdict() -> None:
    """Three seeds: the first sentence counts them all, and does not show the best alone."""
    first, *fixed = nets(1.9, steps=ponder(TEXT, 3))
    seeds = [
        replace(
            first,
            variant=replace(first.variant, label=f"seed {k}", sha256=f"{k}" * 64),
            metric=Metric("bits_per_char", bits),
        )
        for k, bits in enumerate((1.9, 1.96, 1.91))
    ]
    value = report([*seeds, *fixed])
    check(value)
    assert [each["label"] for each in value["verdicts"]] == ["seed 0", "seed 1", "seed 2"]
    assert printed(value).startswith("pondering pays in 2 of 3 comparisons, does not in 1: as")
    assert "budget" not in printed(value).splitlines()[0]


def test_of_several_budgets_the_best_is_judged_and_called_so() -> None:
    first, *fixed = nets(1.9, steps=ponder(TEXT, 3))
    budgets = [
        replace(
            first,
            variant=replace(first.variant, label=f"act {k}", budget={"max_ponder": float(k)}),
            metric=Metric("bits_per_char", bits),
        )
        for k, bits in ((2, 1.94), (3, 1.9))
    ]
    value = report([*budgets, *fixed])
    assert [each["label"] for each in value["verdicts"]] == ["act 3"]
    assert " of the time, each model at its best budget" in " ".join(printed(value).split())


def test_the_same_model_in_two_runtimes_is_led_by_the_cheaper() -> None:
    value = report(
        [measurement("a.onnx", fixed=2 * FIXED), measurement("b.tflite", metric=1.92001)]
    )
    assert printed(value).startswith("b.tflite: latency of a call")
    assert value["front"]["labels"] == ["b.tflite"]


def test_what_is_on_the_front_leads_what_ponders_longer() -> None:
    value = report([measurement("long"), measurement("brief", steps=ponder(TEXT, 3))])
    assert value["front"]["labels"] == ["brief"]
    assert printed(value).startswith("brief: latency of a call")


def test_the_table_fits_100_columns() -> None:
    long = measurement("a-model-with-a-rather-long-name.tflite budget max_ponder=8")
    table = printed(report([*sweep(), long, measurement("bad", passed=False)]))
    assert max(map(len, table.splitlines())) <= 100
    assert "charlm.tflite max_ponder=8: latency of a call = 39." in table
    assert "Pixel 7 (panther)" in table


def test_one_round_says_that_it_has_no_interval() -> None:
    assert "one round: no interval" in printed(report([measurement(rounds=1)]))


def test_rounds_that_disagree_are_remarked_upon() -> None:
    calm, busy = measurement(rounds=2), measurement(rounds=2, fixed=FIXED * 2)
    mixed = replace(calm, rounds=(calm.rounds[0], busy.rounds[1]))
    assert re.search(r"rounds disagree: their p50 is 12\d to 16\d µs", printed(report([mixed])))
    assert "disagree" not in printed(report([calm]))


def test_rounds_that_disagree_in_many_variants_are_one_remark() -> None:
    calm, busy = measurement(rounds=2), measurement(rounds=2, fixed=FIXED * 2)
    mixed = replace(calm, rounds=(calm.rounds[0], busy.rounds[1]))
    many = [replace(mixed, variant=replace(mixed.variant, label=name)) for name in "abc"]
    text = " ".join(printed(report([*many, calm])).split())
    assert text.count("disagree") == 1
    assert "3 of 4 variants: rounds disagree" in text


def test_the_slowest_operators_of_the_leading_variant_are_shown() -> None:
    operators = tuple(Operator(f"Op{k}", 1_000.0 * (20 - k), k) for k in range(20))
    text = printed(report([replace(measurement(), operators=operators)]))
    assert "operators of charlm.tflite" in text
    assert "Op0" in text
    assert "Op9" not in text
    value = report([replace(measurement(), operators=operators)])
    check(value)
    assert len(value["variants"][0]["operators"]) == 20


def test_facts_are_told_and_alike_cores_counted() -> None:
    cores = [{"number": n, "max_khz": 1803000 if n < 4 else 2850000, "x": None} for n in range(6)]
    facts = {"cores": cores, "abis": ["arm64-v8a"], "screen": None, "battery": {"level": 84}}
    assert list(provenance(report([measurement()], device_facts=facts)))[1] == (
        "",
        "cores 6 (max_khz 4 x 1803000, 2 x 2850000), abis arm64-v8a, battery.level 84",
    )


def test_few_rows_lie_in_the_report_itself(tmp_path: Path) -> None:
    measured = [measurement(rounds=2), measurement("bad", passed=False)]
    files.write(report(measured), measured, tmp_path / "r.json")
    value = files.read(tmp_path / "r.json")
    check(value)
    rows = value["rows"]["variants"][0]
    assert rows["nanoseconds"] == [r.nanoseconds for e in measured[0].rounds for r in e.rows]
    assert [n for (n,) in rows["n_ponder_steps"]] == ponder(TEXT, 8).tolist()
    assert value["rows"]["variants"][1] == {}


def test_many_rows_lie_beside_it(tmp_path: Path) -> None:
    measured = [measurement("bad", passed=False), measurement(rounds=5, repeats=20)]
    files.write(report(measured), measured, tmp_path / "phone.json")
    value = files.read(tmp_path / "phone.json")
    check(value)
    assert value["rows"] == {"file": "phone.rows.npz"}
    with np.load(tmp_path / "phone.rows.npz") as rows:
        assert rows["1.nanoseconds"].sum() == sum(
            row.nanoseconds for each in measured[1].rounds for row in each.rows
        )
        assert not any(name.startswith("0.") for name in rows.files)


def test_all_files_or_none(tmp_path: Path) -> None:
    measured = [measurement(rounds=1)]
    spoilt = report(measured, device_facts={"speed": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        files.write(spoilt, measured, tmp_path / "out" / "r.json", tmp_path / "page" / "r.html")
    assert list(tmp_path.iterdir()) == []
    files.write(
        report(measured), measured, tmp_path / "out" / "r.json", tmp_path / "out" / "r.html"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["r.html", "r.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no such file"), ("{", "not JSON"), ('{"format": "x"}', "not an act-mobile/report/1")],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "r.json").write_text(text)
    with pytest.raises(UserError, match=message):
        files.read(tmp_path / "r.json")


def test_golden_rounding_is_mentioned() -> None:
    near = replace(measurement(), golden=GoldenCheck(True, 8, {"y": 1e-6}, ponder_steps_differ=1))
    assert "N differs from the golden bundle in 1 time steps" in printed(report([near]))
