"""JSON of a declared type: anything else is one line that names the place."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from act_artefact.errors import UserError
from act_artefact.schema import VALUES, Count, Mismatch, Name, Number, Text, read_json, typed


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: Count


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    number: Number
    text: Text = ""
    inner: list[Inner] = []


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ('{"number": NaN}', "not JSON"),
        ('{"number": 1e999}', "number: number out of range"),
        ('{"number": 1e40}', "number: expected float <= 1e+39"),
        ('{"number": true}', "number: expected float, got bool"),
        ("{}", "object missing required field number"),
        ('{"number": 1, "\\u001b": 2}', r"object contains unknown field \x1b"),
        ('{"number": 1, "text": "\\u001b[31m"}', "text: expected str without control characters"),
        ('{"number": 1, "text": "\\ud800"}', "not JSON"),
        ('{"number": 1, "inner": [{"count": 1.0}]}', "inner[0].count: expected int, got float"),
        (
            '{"number": 1, "inner": [{"count": 1}, {"count": -1}]}',
            "inner[1].count: expected int",
        ),
        ('{"number": 1', "not JSON"),
        ('{"number": ' + "[" * 100_000, "expected float, got array"),
        ('{"number": 1, "inner": [' + "{}," * VALUES, "has more than the 4,194,304 values"),
    ],
    ids=lambda _: "",
)
def test_refused(tmp_path: Path, contents: str, reason: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(contents)
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        read_json(path, 1 << 28, Outer)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 200
    assert time.monotonic() - start < 5


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text('{"number": 1, "inner": [{"count": 3}], "text": "été"}')
    assert read_json(path, 1 << 10, Outer) == Outer(1.0, "été", [Inner(3)])


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "\u202e", "n" * 256])
def test_names(name: str) -> None:
    with pytest.raises(Mismatch):
        typed(name, Name)
    assert typed("été 1.onnx", Name) == "été 1.onnx"
