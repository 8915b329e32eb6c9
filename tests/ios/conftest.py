from pathlib import Path

import pytest

from tests.swift.compiler import make_scratch


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Swift's programs see as /scratch, one for all tests of the iOS demo."""
    return make_scratch(tmp_path_factory)
