"""No file that a model names is ever opened: an export goes to others, its golden bundle too."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from act_artefact.errors import UserError
from act_export import Options, export
from act_mobile.tasks.charlm import CharLM
from act_mobile.training.evaluate import write_evaluation

SECRET = b"the password is 1234 " * 500

MODEL = {"input_size": 64, "output_size": 256, "vocab_size": 256}


def own_text(path: Path) -> dict[str, Any]:
    return CharLM(text=str(path), length=10).to_dict()


def old_facts(path: Path) -> dict[str, Any]:
    """The facts as they were once: with the path itself."""
    facts = {**own_text(path), "text": str(path)}
    del facts["text_sha256"]
    return facts


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_bytes(SECRET)
    return path


@pytest.mark.parametrize("facts", [own_text, old_facts])
def test_a_text_that_a_model_names_is_not_read(
    model_file: Callable[..., Path],
    tmp_path: Path,
    secret: Path,
    facts: Callable[[Path], dict[str, Any]],
) -> None:
    model = model_file(facts(secret), **MODEL)
    with pytest.raises(UserError, match="data of its author's own .*: give --data"):
        export(model, "native", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("facts", [own_text, old_facts])
def test_data_stands_for_the_text(
    model_file: Callable[..., Path],
    tmp_path: Path,
    secret: Path,
    facts: Callable[[Path], dict[str, Any]],
) -> None:
    model = model_file(facts(secret), **MODEL)
    write_evaluation(tmp_path / "eval.npz", CharLM(length=10))
    secret.unlink()
    os.mkfifo(secret)
    options = Options(samples=20)
    export(model, "native", output=tmp_path / "out", data=tmp_path / "eval.npz", options=options)
    manifest = json.loads((tmp_path / "out" / "model.manifest.json").read_text())
    assert manifest["metric"] == "bits_per_char"
    for file in (tmp_path / "out").iterdir():
        assert SECRET[:20] not in file.read_bytes()


def test_a_model_of_ones_own_names_no_path(model_file: Callable[..., Path], secret: Path) -> None:
    assert str(secret).encode() not in model_file(own_text(secret), **MODEL).read_bytes()
