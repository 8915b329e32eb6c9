"""Pondering is shown as the data are: images step by step, features with N below, bounded."""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from act_artefact.feeds import Samples
from act_profiling.calls import answers
from act_profiling.images import ANSWERS, ITEMS, ROLES, SIDE, chosen, images, limits
from act_profiling.measurement import Answer, Measurement, Sample
from act_profiling.report import files, html, pondering
from act_profiling.report.build import Report
from act_profiling.report.schema import ReportFile
from act_profiling.report.schema_images import ImagesEntry
from act_profiling.report.svg import Ramp
from tests.profiling.synthetic import TEXT, measurement, ponder, report

Array = np.ndarray[Any, Any]
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def samples(x: Array, targets: Array | None, metric: str = "sequence_error") -> Samples:
    """Items without time, as an ``eval.npz`` gives them."""
    asked = None if targets is None else [np.ones((1, *t.shape), bool) for t in targets]
    cut = None if targets is None else [t[None] for t in targets]
    return Samples([each[None] for each in x], "eval.npz", metric, cut, asked)


def maze() -> Samples:
    """Two rooms side by side in a corner of 3 x 3: the way between them is open."""
    x = np.zeros((1, len(ROLES), 3, 3), np.float32)
    right, _, left, _, inside, start, goal = (x[0, k] for k in range(len(ROLES)))
    right[0, 0] = left[0, 1] = start[0, 0] = goal[0, 1] = 1
    inside[0, :2] = 1
    targets = np.zeros((1, 3, 3), np.int64)
    targets[0, 0, :2] = 1
    return samples(x, targets)


def pictured(**changes: Any) -> Measurement:
    """A measurement with the maze above: wrong in a room after one step, right after two."""
    data, right = maze(), np.full((3, 3, 1), -9.0)
    right[0, :2] = 9
    early = right.copy()
    early[0, 1] = -1
    found = images(data, ROLES, None, [(0, 7, 2)], {0: right}, {1: {0: early}})
    return dataclasses.replace(measurement(), images=found, **changes)


def page(value: Report) -> ElementTree.Element:
    """The page as it is after the report was written and read."""
    plain = json.loads(json.dumps(value, allow_nan=False))
    jsonschema.validate(plain, json.loads(files.SCHEMA.read_text()))
    read = msgspec.to_builtins(msgspec.json.decode(json.dumps(plain), type=ReportFile))
    return ElementTree.fromstring(html.render(read).partition("\n")[2])


def captions(root: ElementTree.Element) -> list[str]:
    small = [each for each in root.iter("div") if each.get("class") == "small"]
    return [
        " ".join(" ".join(e.itertext()).split()) for each in small for e in each.iter("figcaption")
    ]


def strokes(svg: ElementTree.Element, name: str) -> int:
    return sum(
        (path.get("d") or "").count("M") for path in svg.iter("path") if path.get("class") == name
    )


def test_a_maze_is_shown_after_each_step_with_what_is_wrong() -> None:
    root = page(report([pictured()]))
    assert captions(root) == ["step 1 1 wrong", "step 2 = N right"]
    (small,) = (each for each in root.iter("div") if each.get("class") == "small")
    first, last = small.iter("svg")
    assert [each.findtext("desc") for each in (first, last)] == ["1 wrong", "right"]
    for svg in (first, last):
        assert strokes(svg, "wall") == 6, "of the 8 walls of two rooms the one between is open"
        assert len(list(svg.iter("circle"))) == 2
    assert (strokes(first, "cross"), strokes(last, "cross")) == (2, 0)
    assert (strokes(first, "yes"), strokes(last, "yes")) == (1, 2)
    assert "difficulty 7, N = 2" in "".join(root.itertext())


def test_channels_without_names_are_grey() -> None:
    x = np.random.default_rng(0).random((1, 5, 4, 6))
    found = images(samples(x, None), None, None, [(0, None, 3)], {0: np.zeros(2)}, {})
    assert found.channels == []
    assert np.allclose(found.items[0].channels[0], x[0].mean(0), atol=1e-3)
    root = page(report([dataclasses.replace(measurement(), images=found)]))
    assert captions(root) == ["input"]


@pytest.mark.parametrize(
    ("target", "y", "labels", "shown"),
    [
        ([2], [0.1, 0.9, 0.2], ["cat", "dog", "\x1b<i>"], ["dog ✗", "asked \\x1b<i>"]),
        ([1], [0.1, 0.9], None, ["1", "asked 1"]),
        ([1], [4.0], None, ["1", "asked 1"]),
        ([1], [-4.0], None, ["0 ✗", "asked 1"]),
    ],
)
def test_an_answer_to_the_whole_is_a_word(
    target: list[int], y: list[float], labels: list[str] | None, shown: list[str]
) -> None:
    data = samples(np.zeros((1, 1, 2, 2)), np.array([target]))
    found = images(data, None, labels, [(0, None, 3)], {0: np.array(y)}, {})
    root = page(report([dataclasses.replace(measurement(), images=found)]))
    assert captions(root) == ["input", f"step 3 = N {shown[0]}", shown[1]]


def test_what_is_not_asked_is_not_wrong() -> None:
    data = maze()
    assert data.asked is not None
    data.asked[0][0, 0, 1] = False
    wrong = np.full((3, 3, 1), -9.0)
    wrong[0, 0] = 9
    found = images(data, ROLES, None, [(0, None, 1)], {0: wrong}, {})
    root = page(report([dataclasses.replace(measurement(), images=found)]))
    assert "step 1 = N right" in captions(root)


def test_images_of_any_size_stay_small() -> None:
    x = np.random.default_rng(1).random((1, 7, 300, 200))
    data = samples(x, np.zeros((1, 300, 200), np.int64))
    found = images(data, ROLES, None, [(0, None, 1)], {0: np.zeros((300, 200, 1))}, {})
    assert found.channels == [], "walls that are thinned out would be none"
    item = found.items[0]
    for values in (item.channels[0], item.answers[0].values):
        assert values is not None
        assert max(len(values), len(values[0])) <= SIDE
    page(report([dataclasses.replace(measurement(), images=found)]))


@settings(deadline=None)  # the first figure takes longer than the others
@given(
    arrays(np.float32, (1, 7, 3, 3), elements=FLOATS),
    arrays(np.int64, (1, 3, 3), elements=st.integers(-5, 5)),
    arrays(np.float32, (3, 3, 2), elements=FLOATS),
)
def test_any_numbers_make_a_figure(x: Array, targets: Array, y: Array) -> None:
    found = images(samples(x, targets), ROLES, None, [(0, -3, 2)], {0: y}, {1: {0: y[..., :1]}})
    entry = json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))
    read = msgspec.to_builtins(msgspec.convert(entry, ImagesEntry))
    figure = pondering.images.draw({"label": "<a>", "images": read}, Ramp(1, 8), "v")
    assert ElementTree.fromstring(figure).tag == "figure"


@given(st.lists(st.integers(-9, 9), min_size=1), st.integers(0, 10**6))
def test_items_and_steps_are_few(difficulty: list[int], n: int) -> None:
    found = chosen(difficulty)
    assert len(found) == min(ITEMS, len(difficulty)) or len(set(difficulty)) > 1
    assert len(set(found)) == len(found) <= ITEMS
    assert all(0 <= each < len(difficulty) for each in found)
    steps = limits(n)
    assert steps == sorted({*steps})
    assert len(steps) < ANSWERS + 1
    assert all(1 <= each < n for each in steps)


def features(said: str = "yes") -> Measurement:
    """Two sequences of 60 time steps of 12 features, each with a word."""
    inputs = np.random.default_rng(0).normal(size=(120, 12))
    asked = (Answer(0, 60, "yes", "yes"), Answer(119, 120, "<no>", said))
    steps = np.concatenate([ponder(TEXT, 8)[:60], ponder(TEXT, 8)[:60]])
    sample = Sample(steps, inputs=inputs, starts=(0, 60), answers=asked)
    return dataclasses.replace(measurement(), sample=sample)


def test_features_are_a_picture_with_n_on_the_same_axis() -> None:
    root = page(report([features()]))
    (svg,) = (s for s in root.iter("svg") if (s.findtext("title") or "").startswith("N along feat"))
    cells = [path for path in svg.iter("path") if (path.get("class") or "").startswith("g")]
    starts = [
        float(part.split()[0]) for path in cells for part in (path.get("d") or "").split("M")[1:]
    ]
    bars = [bar for bar in svg.iter("rect") if (bar.get("class") or "").startswith("f")]
    assert len(bars) == 120
    assert min(starts) == pytest.approx(float(bars[0].get("x", "")), abs=1)
    words = ["".join(each.itertext()) for each in svg.iter("text")]
    assert {"yes", "<no>", "✗ yes", "N"} <= {*words}
    assert "1 of 2 answers wrong: yes said to be yes; <no> said to be yes" in svg.findtext(
        "desc", ""
    )


def test_a_short_or_narrow_sequence_has_bars_alone() -> None:
    base = features()
    assert base.sample is not None
    assert base.sample.inputs is not None
    for cut in (base.sample.inputs[:, :7], None):
        sample = dataclasses.replace(base.sample, inputs=cut, answers=())
        root = page(report([dataclasses.replace(base, sample=sample)]))
        titles = [svg.findtext("title") for svg in root.iter("svg")]
        assert "N along a sequence, charlm.tflite" in titles


def test_labels_of_a_stranger_are_cut_and_escaped() -> None:
    labels = ["a" * 999, "\u202e\x1b"]
    found = [
        *answers(labels, 5, np.array([0, 0, 1, 7]), np.array([0, 0, 1, 0]), np.array([True] * 4))
    ]
    assert [(each.start, each.end) for each in found] == [(5, 7), (7, 8), (8, 9)]
    assert len(found[0].target) == 40
    assert found[1].target.isprintable()
    assert found[2].target == "7"


def test_what_ponders_alike_is_shown_once() -> None:
    root = page(report([pictured(), dataclasses.replace(pictured(), variant=other())]))
    assert len([each for each in root.iter("div") if each.get("class") == "small"]) == 1
    assert "It ponders as" in "".join(root.itertext())


def other() -> Any:
    return dataclasses.replace(
        measurement().variant, label="other", artefact="other", sha256="1" * 64
    )
