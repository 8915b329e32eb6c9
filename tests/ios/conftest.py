from pathlib import Path

import pytest

from tests.ios.models import put_exports
from tests.swift.compiler import make_scratch


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Swift's programs see as /scratch, one for all tests of the iOS demo."""
    return make_scratch(tmp_path_factory)


@pytest.fixture(scope="session")
def models(scratch: Path) -> Path:
    """The folder of the exports, in the scratch folder."""
    return put_exports(scratch / "models")
