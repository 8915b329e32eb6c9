"""A folder with series, as the archives have them."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = "# a comment\n@problemName Made\n@equalLength false\n@data\n"
TRAIN = HEAD + "1,2,3,4,5:hot\n-1,-2,-3,-4:cold\n\n0,0,0,0,0,8:hot\n"
TEST = HEAD + "2,4,6,8,9:cold\n1,1,1,1:warm\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Made_TRAIN.ts").write_text(TRAIN)
    (tmp_path / "Made_TEST.ts").write_text(TEST)
    return tmp_path
