"""Regular files only: what else a name may be is refused, not read, waited for or followed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_artefact.files import artefact_files, copy, digest, opened, read
from act_export import Options, export
from act_mobile import save_model
from act_profiling.variants import open_artefact
from tests.artefact.odd_files import ODD
from tests.export.conftest import pondering


@pytest.mark.parametrize("what", ODD)
def test_what_is_no_regular_file_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    ODD[what](path)
    with pytest.raises(UserError, match=f"m.bin: (is {what}|cannot be read)"):
        read(path, 100)


def test_links(tmp_path: Path) -> None:
    """One that the user names is followed, one that is found is not."""
    (tmp_path / "a").write_bytes(b"contents")
    link = tmp_path / "b"
    link.symlink_to("a")
    assert read(link, 100) == b"contents"
    with pytest.raises(UserError, match="b: is a symbolic link"):
        read(link, 100, follow=False)


def test_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read(tmp_path / "a", 5) == b"12345"
    with pytest.raises(UserError, match="a: is larger than the 4 bytes"):
        read(tmp_path / "a", 4)


@pytest.mark.parametrize("name", ["missing", "a\0b", "a" * 300])
def test_no_such_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError), opened(tmp_path / name):
        pass


def test_a_copy_is_what_was_hashed(tmp_path: Path) -> None:
    source = tmp_path / "m.parts"
    (source / "Data").mkdir(parents=True)
    (source / "step.onnx").write_bytes(b"step")
    (source / "Data" / "weights").write_bytes(bytes(3 << 20))
    assert [name for name, _ in artefact_files(source)] == ["Data/weights", "step.onnx"]
    assert copy(source, tmp_path / "copy") == digest(source) == digest(tmp_path / "copy")
    (tmp_path / "copy" / "step.onnx").write_bytes(b"other")
    assert digest(tmp_path / "copy") != digest(source)


@pytest.mark.parametrize("place", ["step.onnx", "more/step.onnx"])
def test_an_artefact_with_a_link_is_refused(place: str, tmp_path: Path) -> None:
    """Its target is neither hashed nor copied."""
    save_model(tmp_path / "m.pt", pondering())
    out = tmp_path / "out"
    (done,) = export(tmp_path / "m.pt", "onnx", output=out, options=Options("host", samples=5))
    assert open_artefact(done.path).path == done.path
    (tmp_path / "secret").write_text("secret")
    link = done.path / place
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="step.onnx: is a symbolic link"):
        open_artefact(done.path)
    with pytest.raises(UserError, match="step.onnx: is a symbolic link"):
        copy(done.path, tmp_path / "copy")
    shutil.rmtree(done.path)
    done.path.symlink_to(tmp_path)
    with pytest.raises(UserError, match="m.parts: is a symbolic link"):
        open_artefact(done.path)
