"""The page stands alone, can be read by all, and its pictures show what the report says."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from act_artefact.chromium import find_chromium
from act_profiling.measurement import Sample
from act_profiling.operators import Operator
from act_profiling.report import html
from act_profiling.report.build import Report
from act_profiling.report.pondering.text import coloured
from act_profiling.report.svg import Axis, Ramp, ticks
from tests.profiling.synthetic import TEXT, measurement, ponder, report, sweep

CHROMIUM = find_chromium()


def page(value: Report) -> ElementTree.Element:
    """The page parsed as XML, which is stricter than a browser."""
    return ElementTree.fromstring(html.render(value).partition("\n")[2])


def words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def picture(root: ElementTree.Element, title: str) -> ElementTree.Element:
    """The one picture with this title."""
    found = [svg for svg in root.iter("svg") if svg.findtext("title") == title]
    assert len(found) == 1, [svg.findtext("title") for svg in root.iter("svg")]
    return found[0]


def marks(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in svg.iter() if each.get("class") == name]


def test_it_asks_nothing_of_a_network() -> None:
    text = html.render(report(sweep()))
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|//\w|\bsrc=|\bhref=|url\(|@import|<script|\son\w+=", text)


def test_every_picture_has_a_title_and_a_description() -> None:
    root = page(report(sweep()))
    pictures = list(root.iter("svg"))
    assert len(pictures) == 2 + 2 * len(sweep()), "two of all, two of each"
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for svg in pictures:
        labels = (svg.get("aria-labelledby") or "").split()
        assert [svg.find("title").get("id"), svg.find("desc").get("id")] == labels  # type: ignore[union-attr]
        assert svg.findtext("desc")


@pytest.mark.parametrize("scheme", [0, 1])
def test_letters_stand_out_from_what_is_behind_them(scheme: int) -> None:
    """WCAG 2, 1.4.3: 4.5 to 1, in the light and in the dark scheme."""
    light, dark = re.findall(r":root \{(.*?)\}", html.STYLE.read_text(), re.DOTALL)
    colours = dict(re.findall(r"(--\w+): (#\w{6})", light))
    if scheme:
        colours |= dict(re.findall(r"(--\w+): (#\w{6})", dark))
    pairs = [
        (front, behind) for front in ("--ink", "--soft", "--bad") for behind in ("--page", "--card")
    ]
    pairs += [("--dark", f"--w{level}") for level in range(8)]
    for front, behind in pairs:
        one, other = sorted((_luminance(colours[front]), _luminance(colours[behind])))
        assert (other + 0.05) / (one + 0.05) >= 4.5, (front, behind)


def _luminance(colour: str) -> float:
    values = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_names_are_text_and_never_markup() -> None:
    evil = '<script>alert("1")</script>&'
    value = report([measurement(evil), measurement(evil + "2", passed=False)], identity=evil)
    text = html.render(value)
    assert "<script" not in text
    assert evil in words(page(value))


def test_the_line_is_drawn_where_it_was_fitted() -> None:
    value = report([measurement()])
    svg = picture(page(value), "Cost against N of charlm.tflite")
    line = value["variants"][0]["latency"]["line"]
    (fit,) = marks(svg, "fit")
    assert len(marks(svg, "fit round")) == 5
    dots = sorted((float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in marks(svg, "dot"))
    assert len(dots) == len(value["variants"][0]["latency"]["by_ponder_steps"])
    for (x, y), at in ((dots[0], "1"), (dots[-1], "2")):
        assert float(fit.get(f"x{at}", "")) == pytest.approx(x, abs=0.1)
        assert float(fit.get(f"y{at}", "")) == pytest.approx(y, abs=2)
    (before,) = marks(svg, "fit before")
    assert float(before.get("y1", "")) > float(before.get("y2", "")), "it starts at the fixed cost"
    assert line["fixed"] > 0


def test_far_from_zero_the_picture_begins_at_the_data() -> None:
    steps = np.random.default_rng(0).integers(300, 380, 200).astype(np.int32)
    svg = picture(page(report([measurement(steps=steps)])), "Cost against N of charlm.tflite")
    assert not marks(svg, "fit before")
    places = [float(dot.get("cx", "")) for dot in marks(svg, "dot")]
    assert max(places) - min(places) > 300


def test_every_call_is_in_the_distribution_or_counted_beyond_it() -> None:
    value = report([measurement()])
    found = value["variants"][0]["latency"]
    svg = picture(page(value), "Distribution of calls of charlm.tflite")
    notes = [each.findtext("title") or "" for level in range(8) for each in marks(svg, f"f{level}")]
    drawn = sum(int(re.findall(r": (\d+) calls", note)[0]) for note in notes)
    assert drawn + found["distribution"]["beyond"] == found["per_call"]["count"]
    assert found["distribution"]["beyond"] > 0
    assert [words(mark) for mark in svg.iter("text")][-3:] == ["p50", "p90", "p99"]


def test_the_front_joins_what_is_on_it() -> None:
    value = report(sweep())
    svg = picture(page(value), "bits per char against cost per time step")
    on = len(value["front"]["labels"])
    assert (len(marks(svg, "on")), len(marks(svg, "off"))) == (on, len(sweep()) - on)
    (line,) = marks(svg, "front-line")
    corners = [tuple(map(float, p.split(","))) for p in line.get("points", "").split()]
    assert len(corners) == 2 * on - 1
    assert corners == sorted(corners)
    labels = {words(each) for each in svg.iter("text")}
    baselines = {each["label"] for each in value["variants"] if not each["budget"]}
    assert {*baselines, "charlm", *"123468"} <= labels
    (joined,) = marks(svg, "sweep")
    assert len(joined.get("points", "").split()) == 6


def test_parts_of_a_call_add_up() -> None:
    value = report([measurement("a"), measurement("b", fixed=0.0, per_step=40_000.0)])
    svg = picture(page(value), "Fixed and pondering part of a call")
    fixed, ponder_parts = marks(svg, "fixed"), marks(svg, "ponder")
    widths = [
        [float(each.get("width", "")) for each in pair]
        for pair in zip(fixed, ponder_parts, strict=True)
    ]
    assert widths[0][0] / widths[0][1] == pytest.approx(39.5 / (21.3 * 4.02), rel=0.05)
    assert widths[1][0] < 0.02 * widths[1][1]


def test_text_is_coloured_by_its_ponder_steps() -> None:
    root = page(report([measurement()]))
    (text,) = (each for each in root.iter("p") if each.get("class") == "text")
    (numbers,) = (
        each.findtext("pre") for each in root.iter("details") if each.find("pre") is not None
    )
    digits = "".join((numbers or "").split("\n")[1::3])
    assert digits == "".join(map(str, ponder(TEXT, 8))), "the same for who sees no colours"
    assert "".join(text.itertext()) == TEXT.replace("\n", "↵\n")
    found: list[int] = []
    for span in text:
        found += [int((span.get("title") or "").removeprefix("N = "))] * len(
            (span.text or "").replace("↵\n", "↵")
        )
    assert found == ponder(TEXT, 8).tolist()
    shades = {span.get("title"): span.get("class") for span in text}
    assert len(set(shades.values())) == len(shades)


def test_the_same_n_everywhere_is_no_picture() -> None:
    root = page(report([measurement(steps=np.full(len(TEXT), 3, np.int32))]))
    assert not [each for each in root.iter("p") if each.get("class") == "text"]


def test_operators_are_told_with_their_price() -> None:
    operators = (Operator("Gemm", 12_340.0, 8.5), Operator("Add <&>", 1_000.0))
    root = page(report([replace(measurement(), operators=operators)]))
    (section,) = (each for each in root.iter("div") if each.findtext("h3") == "Operators")
    assert section.findtext("p") == "From a run of its own, which profiling slows down"
    cells = [cell.text for cell in section.iter("td")]
    assert cells == ["Gemm", "12.3 µs", "8.50", "Add <&>", "1.00 µs", "1.00"]


def test_bytes_of_one_character_keep_their_places() -> None:
    data = "é\x00".encode() + b"\xff!"
    shown = ElementTree.fromstring(coloured(data, range(5), (0,), Ramp(0, 4)))
    assert [span.text for span in shown] == ["é", "·", "·", "\ufffd", "!"]


def test_tokens_that_are_no_bytes_have_bars() -> None:
    sample = Sample(np.array([1, 2]), tokens=np.array([65, 256]), vocabulary="bytes")
    root = page(report([replace(measurement(), sample=sample)]))
    assert len(list(picture(root, "N along a sequence, charlm.tflite").iter("rect"))) == 2


def test_sequences_of_text_are_paragraphs() -> None:
    shown = ElementTree.fromstring(f"<div>{coloured(b'onetwo', [1] * 6, (0, 3), Ramp(1, 1))}</div>")
    assert ["".join(each.itertext()) for each in shown] == ["one", "two"]


def test_data_that_are_no_text_have_bars() -> None:
    steps = np.array([1, 4, 2, 8])
    base = measurement()
    sample = Sample(steps, inputs=np.zeros((4, 2)), starts=(0, 2))
    value = report([type(base)(**{**vars(base), "sample": sample})])
    svg = picture(page(value), "N along a sequence, charlm.tflite")
    bars = list(svg.iter("rect"))
    heights = np.array([float(bar.get("height", "")) for bar in bars])
    assert heights / heights[0] == pytest.approx(steps, rel=0.01)
    assert len(marks(svg, "mark")) == 1


def test_a_failed_variant_has_its_reason_and_no_picture() -> None:
    root = page(report([measurement("good"), measurement("wrong", passed=False)]))
    assert "wrong: golden check failed: y of call 2 is off by 0.21" in words(root)
    assert not any("wrong" in (svg.findtext("title") or "") for svg in root.iter("svg"))
    alone = page(report([measurement("wrong", passed=False)]))
    assert not list(alone.iter("svg"))


def test_an_emulated_device_shows_no_time() -> None:
    text = words(page(report(sweep(emulated=True), emulated=True)).find("body"))  # type: ignore[arg-type]
    assert "34,969" in text
    assert "its times mean nothing" in text
    assert not re.search(r"\d (ns|µs|ms|s)\b|[Ll]atency|warm-up", text)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (1.9, 2.6, [2.0, 2.2, 2.4, 2.6]), (5, 5, [5])],
)
def test_axes_have_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_an_axis_of_one_value_puts_it_in_the_middle() -> None:
    assert Axis(3, 3, 0, 100)(3) == 50


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_shows_it_light_and_dark(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "r.html").write_text(html.render(report([measurement()])), encoding="utf-8")
    corners = []
    for scheme in (1, 0):
        shot = tmp_path / f"{scheme}.png"
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=390,900")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        chosen = f"--blink-settings=preferredColorScheme={scheme}"
        place = (f"--screenshot={shot}", (tmp_path / "r.html").as_uri())
        command = [str(CHROMIUM), *options, profile, chosen, *place]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        pixels = np.asarray(image.open(shot).convert("L"))
        corners.append(int(pixels[2, 2]))
        assert len(np.unique(pixels)) > 50
    light, dark = corners
    assert light > 230
    assert dark < 30


def test_each_runtime_has_a_front_of_its_own() -> None:
    rows = [
        measurement(f"{target} {name}", target=target, fixed=fixed, metric=bits)
        for target, offset in (("onnx", 0.0), ("tflite", 90_000.0))
        for name, fixed, bits in (("cheap", 10_000 + offset, 2.0), ("good", 60_000 + offset, 1.8))
    ]
    value = report(rows)
    assert value["front"]["labels"] == ["onnx cheap", "onnx good"]
    assert value["fronts"]["tflite"] == ["tflite cheap", "tflite good"]
    root = page(value)
    svg = picture(root, "bits per char against cost per time step, tflite")
    assert (len(marks(svg, "on")), len(marks(svg, "off"))) == (2, 0)
    assert {"tflite cheap", "tflite good"} <= {words(each) for each in svg.iter("text")}
    everything = picture(root, "bits per char against cost per time step")
    assert (len(marks(everything, "on")), len(marks(everything, "off"))) == (2, 2)
    assert report(rows[:2])["fronts"] == {}
