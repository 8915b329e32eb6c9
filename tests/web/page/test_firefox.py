"""The page in Firefox: as one file from disk and as a folder that is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from act_export.web.check import CHECK
from act_export.web.page import PageModel, single_page
from tests.web.page.conftest import served
from tests.web.page.firefox import Firefox, firefox

pytestmark = pytest.mark.web


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    try:
        with firefox(tmp_path_factory.mktemp("firefox")) as running:
            yield running
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", ["maze", "text", "listen", "plain"])
def test_one_file_passes_its_golden_bundle(
    browser: Firefox, exported: dict[str, Path], tmp_path: Path, name: str
) -> None:
    page = tmp_path / "index.html"
    page.write_text(single_page([PageModel(name, exported[name])]), encoding="utf-8")
    browser.open(page.as_uri())
    assert browser.evaluate(CHECK) == {
        "refused": "",
        "right": 8,
        "words": "All 8 golden calls are answered here as by the trained model.",
    }


def test_served_folder_passes_its_golden_bundle(browser: Firefox, built: Path) -> None:
    with served(built) as address:
        browser.open(f"{address}#text")
        assert browser.evaluate(CHECK)["right"] == 8
        kernels = (
            "[...document.querySelectorAll('dd')].some((e) => e.textContent === 'wasm-simd128')"
        )
        assert browser.evaluate(kernels)
