"""A page names models and devices in a few words, and tells each from the others."""

from __future__ import annotations

from typing import Any

import pytest

from act_profiling.report import names
from tests.profiling.synthetic import measurement, report


def shortened(paths: list[tuple[str, str]], **more: Any) -> list[str]:
    found = [
        measurement(path, artefact=path, target=target, sha256=f"{k:064x}", **more)
        for k, (path, target) in enumerate(paths)
    ]
    return [each["label"] for each in names.shortened(report(found))["variants"]]


def test_files_of_one_name_are_named_by_their_folders() -> None:
    assert shortened([("hops/model.onnx", "onnx"), ("fixed3/model.onnx", "onnx")]) == [
        "hops", "fixed3",
    ]  # fmt: skip


def test_a_runtime_is_named_where_there_are_several() -> None:
    paths = [("hops/model.onnx", "onnx"), ("hops/model.tflite", "tflite")]
    assert shortened(paths) == ["hops onnx", "hops tflite"]
    deep = [("hops/onnx/model.onnx", "onnx"), ("hops/tflite/model.tflite", "tflite")]
    assert shortened(deep) == ["hops onnx", "hops tflite"]


def test_a_model_alone_has_the_name_of_its_task() -> None:
    assert shortened([("model.onnx", "onnx")], task="maze") == ["maze"]
    assert shortened([("model.onnx", "onnx")]) == ["model.onnx"]


def test_long_names_are_cut_unless_that_makes_two_the_same() -> None:
    (long,) = shortened([("a" * 300 + ".onnx", "onnx")])
    assert len(long) == names.MOST
    paths = [("x" * 50 + c + "y" * 50 + "/model.onnx", "onnx") for c in "ab"]
    assert shortened(paths) == [path for path, _ in paths]


def test_a_budget_is_in_words() -> None:
    found = report(
        [measurement("m.onnx max_ponder=1", artefact="m.onnx", budget={"max_ponder": 1})]
    )
    (variant,) = names.shortened(found)["variants"]
    assert variant["label"] == "m.onnx, at most 1 step"
    assert found["variants"][0]["label"] == "m.onnx max_ponder=1", "the report itself is as it was"


def test_verdicts_and_fronts_have_the_same_names() -> None:
    nets = [
        measurement("act/m.onnx", artefact="act/m.onnx", sha256="1" * 64, metric=1.0),
        measurement("f2/m.onnx", artefact="f2/m.onnx", sha256="2" * 64, metric=2.0, epsilon=None),
        measurement("f3/m.onnx", artefact="f3/m.onnx", sha256="3" * 64, metric=0.9, epsilon=None),
    ]
    short = names.shortened(report(nets))
    labels = {each["label"] for each in short["variants"]}
    assert labels == {"act", "f2", "f3"}
    assert {*short["front"]["labels"]} <= labels
    (verdict,) = short["verdicts"]
    assert {verdict["label"], *verdict["nets"]} <= labels


@pytest.mark.parametrize(
    ("identity", "short"),
    [
        ("Pixel 7 (panther), Tensor G2", "Pixel 7 (panther)"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz, 4 cores, Debian 12", "Intel Xeon"),
        ("AMD EPYC 7763 64-Core Processor, 2 cores, Debian", "AMD EPYC 7763"),
        ("", "adb:29051FDH"),
        ("a" * 999, "a" * 19 + "…" + "a" * 20),
    ],
)
def test_devices_in_a_few_words(identity: str, short: str) -> None:
    value = report([measurement()], identity=identity)
    assert names.device(value) == short
    assert names.title(value) == f"charlm.tflite on {short}"
