"""``NAME.card.md`` and ``NAME.labels.txt``: they say what the manifest says, whatever is in it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from act_artefact.card import card
from act_artefact.errors import UserError
from act_artefact.interface import Axis
from act_artefact.labels import MOST_LABELS, labels_text
from act_artefact.manifest import Manifest
from act_artefact.markdown import code
from act_export import Options, export, read_manifest
from act_export.task import task_facts
from act_mobile import load_model
from tests.artefact.test_read_manifest import WHOLE

ModelFile = Callable[..., Path]

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "charlm.card.md"

PARITY = {"name": "parity", "bits": 3, "labels": ["even", "odd"]}
PARITY_SIZES = {"input_size": 3, "output_size": 1}
QUICK = Options(ponder="loop", samples=20)


def lines(manifest: Manifest, beginning: str) -> list[str]:
    return [line for line in card(manifest).splitlines() if line.startswith(beginning)]


def fixed(manifest: Manifest) -> Manifest:
    """The manifest with what depends on versions and machines set."""
    verification = json.loads(json.dumps(manifest.verification))
    verification["max_abs_error"] = dict.fromkeys(verification["max_abs_error"], 2e-6)
    figures = verification["figures"]
    assert figures["metric"] == pytest.approx(2.712, abs=0.002)
    assert figures["ponder_steps"] == [{"mean": pytest.approx(4.53, abs=0.01), "min": 2, "max": 5}]
    figures["metric"], figures["ponder_steps"][0]["mean"] = 2.712, 4.53
    return replace(
        manifest,
        verification=verification,
        size=600_000,
        versions={"act-mobile": "0.1.0", "torch": "2", "onnx": "1"},
        created="2026-01-01T00:00:00+00:00",
    )


def test_the_card_of_the_character_model(tmp_path: Path) -> None:
    model = ROOT / "models" / "charlm" / "model.pt"
    options = replace(QUICK, budget_inputs=True, license="Apache-2.0")
    export(model, "onnx", output=tmp_path, options=options)
    manifest = read_manifest(tmp_path / "model.manifest.json")
    assert card(manifest) == (tmp_path / "model.card.md").read_text(encoding="utf-8")
    assert card(fixed(manifest)) == GOLDEN.read_text(encoding="utf-8")


def test_a_card_of_an_export_that_was_chosen_and_judged(
    model_file: ModelFile, tmp_path: Path
) -> None:
    options = Options(precision="int8", samples=20, metric_tolerance=1.0)
    path, out = model_file(PARITY, **PARITY_SIZES), tmp_path / "out"
    (done,) = export(path, "onnx", output=out, options=options)
    text = (out / "model.card.md").read_text()
    figures = done.verification.figures
    assert figures is not None
    assert figures.time_steps == 4000, "as many as the model was judged over"
    assert "(the model before its export: " in text
    assert "the metric, not these, decides in this precision" in text
    assert "microseconds a call at mean N" in text
    assert "`model.labels.txt` names the classes in order." in text
    assert (out / "model.labels.txt").read_text() == "even\nodd\n"


def test_no_path_of_the_machine(model_file: ModelFile, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", x=np.ones((2, 12, 3), np.float32))
    (done,) = export(
        model_file(), "native", output=tmp_path / "out", data=tmp_path / "mine.npz", options=QUICK
    )
    assert "12 time steps of `mine.npz`" in card(done.manifest), "of two sequences one is whole"
    for name in ("model.card.md", "model.manifest.json"):
        assert str(tmp_path) not in (tmp_path / "out" / name).read_text()


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"targets": np.full((2, 12), 7)}, "'targets' has classes from 7 to 7"),
        ({"targets": np.zeros((2, 12))}, "'targets' has type float64"),
        ({"targets": np.zeros((2, 12, 5))}, "'targets' has type float64"),
        ({}, ": the inputs came without answers"),
    ],
    ids=["classes", "type", "shape", "none"],
)
def test_a_metric_that_cannot_be_measured_is_no_fault(
    model_file: ModelFile, tmp_path: Path, arrays: dict[str, Any], reason: str
) -> None:
    """In fp32 nothing hangs on it."""
    x = np.ones((2, 12, 3), np.float32)
    np.savez(tmp_path / "eval.npz", x=x, metric="accuracy", **arrays)
    (done,) = export(
        model_file(), "native", output=tmp_path / "out", data=tmp_path / "eval.npz", options=QUICK
    )
    (line,) = lines(done.manifest, "- Part of the answers that are right: not measured")
    assert reason in line


@pytest.mark.parametrize("sequence", ["stream", 5, "dynamic"])
def test_figures_are_of_whole_sequences_without_padding(
    model_file: ModelFile, tmp_path: Path, sequence: Any
) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((3, 9, 3)).astype(np.float32)
    np.savez(tmp_path / "eval.npz", x=x, lengths=[9, 4, 7], targets=x[..., :2], metric="mse")
    options = replace(QUICK, sequence=sequence, batch=2)
    path = model_file(num_layers=2)
    (done,) = export(
        path, "native", output=tmp_path / "out", data=tmp_path / "eval.npz", options=options
    )
    found = done.verification.figures
    assert found is not None
    assert (found.sequences, found.time_steps, len(found.ponder_steps)) == (3, 20, 2)
    assert all(1 <= n.min <= n.mean <= n.max <= 4 for n in found.ponder_steps)
    model, lengths = load_model(path), torch.tensor([9, 4, 7])
    out = model(torch.from_numpy(x), lengths=lengths)
    asked = torch.arange(9) < lengths[:, None]
    errors = (out.output - torch.from_numpy(x[..., :2])).square().mean(-1)
    assert found.metric == pytest.approx(errors[asked].mean().item(), abs=1e-4)
    n = out.ponder.steps[asked].float()
    assert [each.mean for each in found.ponder_steps] == pytest.approx(n.mean(0).tolist())
    assert len(lines(done.manifest, "- N of layer")) == 2


def test_a_long_sequence_is_cut(model_file: ModelFile, tmp_path: Path) -> None:
    x = np.ones((1, 60, 3), np.float32)
    np.savez(tmp_path / "eval.npz", x=x)
    (done,) = export(
        model_file(), "native", output=tmp_path / "out", data=tmp_path / "eval.npz", options=QUICK
    )
    assert done.verification.figures is not None
    assert done.verification.figures.time_steps == 20


def test_labels_of_a_former_export_are_removed(model_file: ModelFile, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(model_file(PARITY, **PARITY_SIZES), "native", output=out, options=QUICK)
    labels = out / "model.labels.txt"
    assert labels.read_text() == "even\nodd\n"

    (out / "model.golden.npz").unlink()
    (out / "model.golden.npz").symlink_to("elsewhere")
    with pytest.raises(UserError, match="model.golden.npz: is a symbolic link"):
        export(model_file(), "native", output=out, options=QUICK)
    assert labels.exists(), "nothing was written, so nothing is removed"

    (out / "model.golden.npz").unlink()
    export(model_file(), "native", output=out, options=QUICK)
    assert not labels.exists()

    labels.write_text("mine\n")
    export(model_file(), "native", output=out, options=QUICK)
    assert labels.read_text() == "mine\n", "the export beside it never had any"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"labels": [1]}, "labels[0]: expected str, got int"),
        ({"labels": "even"}, "labels: expected array | null, got str"),
        ({"labels": ["x" * 256]}, "labels[0]: expected str of length <= 255"),
        ({"labels": ["x"] * (MOST_LABELS + 1)}, f"labels: expected array of length <= {1 << 16}"),
        ({"metric": "\x1b[2J"}, "metric: expected str without control characters"),
        ({"vocabulary": ["bytes"]}, "vocabulary: expected str | null, got array"),
    ],
)
def test_a_task_that_no_manifest_can_repeat(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        task_facts("model", {"name": "parity", **entry})
    assert str(caught.value).startswith(f"model: its task's {reason}")
    assert str(caught.value).isprintable()


def test_it_is_refused_before_anything_is_made(model_file: ModelFile, tmp_path: Path) -> None:
    path = model_file({**PARITY, "labels": {"even": 0}}, **PARITY_SIZES)
    with pytest.raises(UserError, match="its task's labels: expected array"):
        export(path, "native", output=tmp_path / "out", options=QUICK)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text", ["MIT", "GPL-3.0-only WITH Classpath-exception-2.0", "LicenseRef-a"]
)
def test_licences(text: str) -> None:
    assert Options(license=text).license == text
    assert lines(replace(WHOLE, license=text), f"`{text}`.")


@pytest.mark.parametrize(
    "text", ["", "Apache 2.0", "MIT\n", "MIT or ISC", "(MIT", "MIT AND", "x" * 201, "`a`", "[a](b)"]
)
def test_what_is_no_licence(text: str) -> None:
    with pytest.raises(UserError, match="--license .*: give an SPDX expression"):
        Options(license=text)


ODD = "\n\r\x00\x1b\x85\u2028\u2029\u202e\u2066\ufeff\ud800`*_[]()<>#|\\$!&~ \u200dé"
hostile = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=300)


@given(st.lists(hostile, max_size=20))
def test_labels_are_one_a_line(labels: list[str]) -> None:
    text = labels_text(labels)
    written = text.encode().decode().splitlines()
    assert len(written) == len(labels)
    assert all(line.strip() for line in written), "common readers skip blank lines"
    assert {unicodedata.category(c) for line in written for c in line}.isdisjoint({"Cc", "Zl"})
    assert not set("\u202e\u2066\ufeff") & set(text)


def test_plain_labels_are_as_they_are() -> None:
    assert labels_text(["0", "naïve", "می\u200cخواهم", "a b", " ", ""]) == (
        "0\nnaïve\nمی\u200cخواهم\na b\n???\n???\n"
    )


def structure(text: str) -> list[Any]:
    """The tokens of a page, without what stands in code spans."""

    def each(token: Token) -> Any:
        content = "" if token.type in ("code_inline", "inline") else token.content
        return token.type, content, [each(child) for child in token.children or []]

    return [each(token) for token in MarkdownIt().enable("table").parse(text)]


@given(hostile)
def test_a_code_span_holds_any_text(text: str) -> None:
    (inline,) = MarkdownIt().parseInline(f"before {code(text)} after")
    children = inline.children or []
    assert [child.type for child in children] == ["text", "code_inline", "text"]
    assert len(children[1].content) <= 80
    assert children[1].content.isprintable()


def named(name: str, label: str, source: str) -> Manifest:
    """A manifest with texts from outside wherever it may have any."""
    interface = WHOLE.interface
    odd = replace(interface.data, name=name)
    return replace(
        WHOLE,
        artefact=f"{name}.onnx",
        interface=replace(interface, inputs=(odd, *interface.inputs[1:]), axes=(Axis(name, 3),)),
        task={"name": name},
        model={"factory": name, "halting": name, "vocab_size": None},
        metric=name,
        labels=[label, label],
        verification={
            "max_abs_error": {name: 1.0},
            "tolerance": 1e-5,
            "ponder_steps_equal": 1,
            "ponder_steps_differ": 0,
            "time_steps": 1,
            "source": source,
            "metric": None,
            "figures": {
                "sequences": 1,
                "time_steps": 1,
                "ponder_steps": [{"mean": 1.0, "min": 1, "max": 1}],
                "metric": None,
                "not_measured": source,
            },
        },
    )


@given(hostile.filter(bool), hostile, hostile.filter(bool))
def test_nothing_from_outside_is_markup(name: str, label: str, source: str) -> None:
    text = card(named(name, label, source))
    assert structure(text) == structure(card(named("a", "b", "c")))
    assert all(line.isprintable() for line in text.split("\n"))
    text.encode()
