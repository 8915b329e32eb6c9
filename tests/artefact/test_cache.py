"""Files compiled or fetched once are used only while they are whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from act_artefact.cache import kept
from act_engine import build
from act_profiling.runner import host_runner


def test_it_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("contents")

    path = tmp_path / "folder" / "file"
    for _ in range(3):
        assert kept(path, make).read_text() == "contents"
    assert len(made) == 1
    assert sorted(each.name for each in path.parent.iterdir()) == ["file", "file.sha256"]


@pytest.mark.parametrize("contents", ["", "cont", "Contents"])
def test_what_was_cut_short_or_changed_is_made_again(contents: str, tmp_path: Path) -> None:
    path = kept(tmp_path / "file", lambda path: path.write_text("contents"))
    path.write_text(contents)
    assert kept(path, lambda path: path.write_text("contents")).read_text() == "contents"


def test_a_folder(tmp_path: Path) -> None:
    def make(path: Path) -> None:
        path.mkdir()
        (path / "library").write_text("contents")

    path = kept(tmp_path / "folder", make)
    (path / "library").write_text("")
    (path / "more").write_text("")
    assert [each.name for each in kept(path, make).iterdir()] == ["library"]
    assert (path / "library").read_text() == "contents"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        kept(tmp_path / "file", fail)
    assert list(tmp_path.iterdir()) == []


def test_two_at_the_same_time_make_it_once(tmp_path: Path) -> None:
    """The second waits for the first, which waits until both have begun."""
    both, made = threading.Barrier(2), []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("contents")

    def need() -> None:
        both.wait()
        kept(tmp_path / "file", make)

    threads = [threading.Thread(target=need) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 1


def test_a_truncated_engine_and_runner_are_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for made in (build.library, host_runner):
        path = made()
        whole = path.read_bytes()
        path.write_bytes(whole[:1000])
        assert made() == path
        assert len(path.read_bytes()) == len(whole)
