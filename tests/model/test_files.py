"""model.pt from strangers: read without running its code, checked, refused in one line."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from act_mobile import ACTConfig, ACTModel, load_model, load_saved, save_model
from act_mobile.errors import UserError

CONFIG = ACTConfig(3, 4, 2, max_ponder=5)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    save_model(path, ACTModel(CONFIG), {"name": "parity", "bits": 3})
    return path


def rewrite(path: Path, **changes: Any) -> None:
    contents = torch.load(path, weights_only=True)
    torch.save({**contents, **changes}, path)


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["state_dict"]


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_round_trip(tmp_path: Path) -> None:
    model = ACTModel(ACTConfig(5, 4, 2, cell="gru", vocab_size=7, num_layers=2, halting="fixed:3"))
    path = tmp_path / "model.pt"
    save_model(path, model, {"name": "charlm"})
    back = load_saved(path)
    assert back.model.config == model.config
    assert back.task == {"name": "charlm"}
    tokens = torch.randint(0, 7, (2, 3))
    torch.testing.assert_close(back.model(tokens).output, model(tokens).output)
    assert not back.model.training
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt"]


def test_missing(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.pt")


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.95])
def test_cut_short(saved: Path, keep: float) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    assert "cut short" in refused(saved)


def test_any_damaged_byte_is_refused_or_harmless(saved: Path) -> None:
    """Whatever byte is wrong, reading ends in a refusal or in a finite model, never otherwise."""
    whole = saved.read_bytes()
    generator = torch.Generator().manual_seed(0)
    for at in torch.randint(len(whole), (1500,), generator=generator).tolist():
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            model = load_model(saved)
        except UserError:
            continue
        assert all(torch.isfinite(p).all() for p in model.parameters())


class Intruder:
    """An object whose unpickling writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_code_is_not_run(saved: Path, tmp_path: Path) -> None:
    trace = tmp_path / "intruder-was-here"
    rewrite(saved, task={"x": Intruder(trace)})
    assert "holds code" in refused(saved)
    assert not trace.exists()


def test_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"format": "act-mobile/1"}))
    assert "not a torch file" in refused(path)
    torch.save([1, 2], path)
    assert "not an act-mobile model (format 'list'" in refused(path)
    torch.save({"state_dict": {}}, path)
    assert "not an act-mobile model (format None" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert "damaged" in refused(path)


def test_zip_that_unpacks_to_much_more(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("model/data.pkl", "w", force_zip64=True) as entry,
    ):
        for _ in range(33):
            entry.write(bytes(1 << 26))
    assert "more than" in refused(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(saved: Path, value: float) -> None:
    changed = weights(saved)
    changed["head.bias"][0] = value
    rewrite(saved, state_dict=changed)
    assert "'head.bias' has NaN or infinite values" in refused(saved)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("head.weight", torch.zeros(2, 5), "has shape (2, 5), the model (2, 4)"),
        ("head.weight", torch.zeros(2, 4, dtype=torch.int64), "not a dense floating-point tensor"),
        ("head.weight", torch.zeros(2, 4).to_sparse(), "not a dense floating-point tensor"),
        ("head.weight", "zeros", "not a dense floating-point tensor"),
        ("tail.weight", torch.zeros(1), "is not in the model"),
    ],
)
def test_weights_that_disagree(saved: Path, name: str, value: Any, message: str) -> None:
    rewrite(saved, state_dict={**weights(saved), name: value})
    assert message in refused(saved)


def test_missing_weight(saved: Path) -> None:
    changed = weights(saved)
    del changed["act.halting.0.bias"]
    rewrite(saved, state_dict=changed)
    assert "'act.halting.0.bias' is missing" in refused(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 1 << 40}, "hidden_size must be a whole number from 1 to 16384"),
        ({"hidden_size": "4"}, "hidden_size must be a whole number"),
        ({"cell": "own"}, "cell 'own' is not known"),
        ({"epsilon": 0.0}, "epsilon must lie between 0 and 1"),
        ({"colour": 1}, "unknown entries: colour"),
    ],
)
def test_bad_config(saved: Path, change: dict[str, Any], message: str) -> None:
    rewrite(saved, config={**CONFIG.to_dict(), **change})
    assert message in refused(saved)


def test_config_that_lacks_sizes(saved: Path) -> None:
    rewrite(saved, config={"input_size": 3})
    assert "config lacks hidden_size, output_size" in refused(saved)
    rewrite(saved, config=[3])
    assert "must each be a dict" in refused(saved)
