"""The golden bundle comes from a stranger too: one that could hide a wrong answer is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from act_artefact.errors import UserError
from act_artefact.golden import read_golden, write_golden
from act_artefact.manifest import Manifest, read_manifest
from act_export import Options, export
from act_mobile import save_model
from tests.export.conftest import pondering

Arrays = dict[str, npt.NDArray[Any]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    save_model(folder / "m.pt", pondering(num_layers=2))
    options = Options("loop", "dynamic", 2, samples=5)
    export(folder / "m.pt", "native", output=folder, options=options)
    return folder


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> tuple[Manifest, Path]:
    shutil.copy(exported / "m.golden.npz", tmp_path)
    return read_manifest(exported / "m.manifest.json"), tmp_path


def test_written_and_read_again(bundle: tuple[Manifest, Path]) -> None:
    manifest, folder = bundle
    calls = read_golden(manifest, folder)
    assert calls[0].inputs["x"].shape == (2, 8, 3)
    assert calls[0].answer.on_threshold.shape == (2, 8, 2)
    before = dict(np.load(folder / "m.golden.npz"))
    write_golden(folder / "m.golden.npz", calls)
    after = dict(np.load(folder / "m.golden.npz"))
    assert before.keys() == after.keys()
    assert all((before[name] == after[name]).all() for name in before)


def without(name: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {k: v for k, v in arrays.items() if k != name}


def replaced(
    name: str, change: Callable[[npt.NDArray[np.generic]], object]
) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: np.asarray(change(arrays[name]))}


BAD: dict[str, Callable[[Arrays], Arrays]] = {
    "not the golden bundle": without("y.tolerance"),
    "not the golden bundle of": without("ponder_steps.on_threshold"),
    "'y.tolerance' has infinite": replaced("y.tolerance", lambda t: t * np.float32(np.inf)),
    "'y.tolerance' has infinite values or tolerances below 0": replaced(
        "y.tolerance", lambda t: -t
    ),
    "'remainder.tolerance' has inf": replaced(
        "remainder.tolerance", lambda t: t * np.float32("nan")
    ),
    "'h0 ' has|'h0' has infinite": replaced("h0", lambda h: h + np.float32(np.inf)),
    "'y' is float32.3, 2, 7, 2": replaced("y", lambda y: y[:, :, 1:]),
    "'y' is float64": replaced("y", lambda y: y.astype(np.float64)),
    "'ponder_steps.on_threshold' is int32": replaced(
        "ponder_steps.on_threshold", lambda t: t.astype(np.int32)
    ),
    "manifest says float32.0, 2": lambda arrays: {k: v[:0] for k, v in arrays.items()},
    "manifest says": replaced("x", lambda x: x[0]),
}


@pytest.mark.parametrize("message", BAD)
def test_a_bundle_that_is_not_as_it_should_be(message: str, bundle: tuple[Manifest, Path]) -> None:
    manifest, folder = bundle
    path = folder / "m.golden.npz"
    np.savez(path, **BAD[message](dict(np.load(path))))
    with pytest.raises(UserError, match=message):
        read_golden(manifest, folder)


def test_a_link_in_its_place(bundle: tuple[Manifest, Path]) -> None:
    manifest, folder = bundle
    (folder / "m.golden.npz").rename(folder / "other.npz")
    (folder / "m.golden.npz").symlink_to("other.npz")
    with pytest.raises(UserError, match="m.golden.npz: is a symbolic link"):
        read_golden(manifest, folder)


@pytest.mark.parametrize("token", [-1, 7])
def test_tokens_that_the_model_does_not_know(token: int, tmp_path: Path) -> None:
    """A runtime on a device may read past the embedding's end."""
    save_model(tmp_path / "m.pt", pondering(vocab_size=7))
    export(tmp_path / "m.pt", "native", output=tmp_path, options=Options(samples=5))
    manifest, path = read_manifest(tmp_path / "m.manifest.json"), tmp_path / "m.golden.npz"
    assert read_golden(manifest, tmp_path)
    arrays = dict(np.load(path))
    arrays["tokens"].flat[0] = token
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=r"tokens from .*, the model knows 0 to 6"):
        read_golden(manifest, tmp_path)
