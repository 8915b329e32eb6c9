"""Outputs replace their own kind alone, all or none; what a killed process left is removed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_artefact.locking import taken
from act_artefact.staging import LOCK, check_output, staging, written_aside
from tests.artefact.odd_files import IN_THE_WAY


def write(*paths: Path, text: str = "", check: Callable[[], None] = lambda: None) -> None:
    with staging((path.parent for path in paths), check) as aside:
        for path in paths:
            (aside[path.parent] / path.name).write_text(text)


def write_package(path: Path, name: str) -> None:
    """Write a folder that holds one file."""
    with staging([path.parent]) as aside:
        package = aside[path.parent] / path.name
        package.mkdir()
        (package / name).touch()


@pytest.fixture(params=IN_THE_WAY)
def in_the_way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A path that has something else than a file, and what; it must still be there at the end."""
    path, what = tmp_path / "r.json", request.param
    IN_THE_WAY[what](path)
    before = path.lstat()
    yield path, f"r.json: is {what}, not a regular file: move it away, or give another -o"
    assert os.path.samestat(path.lstat(), before)
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_regular_file_is_replaced(in_the_way: tuple[Path, str]) -> None:
    path, message = in_the_way
    with pytest.raises(UserError, match=message):
        write(path)


def test_it_is_refused_before_anything_is_written(in_the_way: tuple[Path, str]) -> None:
    path, message = in_the_way
    with pytest.raises(UserError, match=message):
        check_output(path)
    with pytest.raises(UserError, match=message), written_aside(path):
        pytest.fail("written although it cannot be moved")


def test_only_a_folder_is_replaced_by_a_folder(tmp_path: Path) -> None:
    package = tmp_path / "m.mlpackage"
    for name in ("one", "two"):
        write_package(package, name)
        assert [path.name for path in package.iterdir()] == [name]
    (package / "two").unlink()
    package.rmdir()
    package.write_text("notes")
    message = "m.mlpackage: is a regular file, not a folder: move it away"
    with pytest.raises(UserError, match=message):
        check_output(package, folder=True)
    with pytest.raises(UserError, match=message):
        write_package(package, "three")
    assert package.read_text() == "notes"


def test_one_that_cannot_move_keeps_all_from_moving(tmp_path: Path) -> None:
    """In the first folder all is well, and in the second the last of the files has no place."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    (first / "a").write_text("old")
    (second / "b").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="b: is a folder"):
        write(first / "a", second / "a", second / "b", text="new")
    assert sorted(tmp_path.rglob("*")) == before
    assert (first / "a").read_text() == "old"


def test_folders_that_cannot_be_written_to_are_refused_early(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, message in (
        ("file/r.json", "file: is a file, not a folder"),
        ("file/below/r.json", "file/below: cannot be made"),
    ):
        with pytest.raises(UserError, match=message):
            check_output(tmp_path / name)
    check_output(tmp_path / "new" / "folder" / "r.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_check_is_made_while_nobody_else_can_move(tmp_path: Path) -> None:
    folders = [tmp_path / "new" / "one", tmp_path / "new" / "two"]

    def check() -> None:
        for folder in folders:
            with taken(folder / LOCK) as is_free:
                assert not is_free
        raise UserError("another was first")

    with pytest.raises(UserError, match="another was first"):
        write(*(folder / "a" for folder in folders), check=check)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_has_come_to_use_stays(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "out" / "ours", tmp_path / "out" / "theirs"

    @contextmanager
    def refused() -> Iterator[None]:
        with staging([ours.parent]):
            yield
            raise UserError("refused")

    with pytest.raises(UserError, match="refused"), refused():
        write(theirs)
    assert list(tmp_path.rglob("*")) == [ours.parent, theirs]


WRITER = """
import sys
from pathlib import Path
from act_artefact.staging import staging

folder = Path(sys.argv[1])
with staging([folder]) as aside:
    (aside[folder] / "theirs").touch()
    print("inside", flush=True)
    sys.stdin.read()
"""


@contextmanager
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that writes ``theirs`` into the folder, and ends well with its input."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        yield process


def left(folder: Path) -> list[Path]:
    return list(folder.glob(".act-export*"))


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    with writer(tmp_path) as process:
        process.kill()
    assert len(left(tmp_path)) == 1
    write(tmp_path / "ours")
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]


def test_what_a_living_process_writes_is_not_removed(tmp_path: Path) -> None:
    with writer(tmp_path):
        (theirs,) = left(tmp_path)
        write(tmp_path / "ours")
        assert left(tmp_path) == [theirs]
    assert {path.name for path in tmp_path.iterdir()} == {"ours", "theirs"}


def test_what_is_no_folder_of_ours_is_not_removed(tmp_path: Path) -> None:
    """Only the name is like that of one left behind: a link to a folder, and a file."""
    folder, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    folder.mkdir()
    (folder / ".act-export-link").symlink_to(elsewhere)
    (folder / ".act-export-file").touch()
    write(folder / "ours")
    assert len(left(folder)) == 2
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]
