"""The browsers that are asked for: said alike everywhere, and nothing newer is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from act_engine.wasm import WEB
from act_export.web.page import PAGE, locales
from act_profiling.devices.browser import device, server

pytestmark = pytest.mark.web

ROOT = Path(__file__).parents[2]
NUMBERS = re.compile(r"Chrome (\d+).*?Firefox (\d+).*?Safari ([\d.]+\d)", re.DOTALL)
ENGINE = ("91", "90", "16.4")
"""SIMD128, and private methods."""
WHOLE_PAGE = ("105", "113", "16.4")
"""``import.meta.resolve``, deflate-raw in ``DecompressionStream``, import maps."""

SAID = {
    WEB / "act.js": [ENGINE],
    Path(device.__file__): [ENGINE],
    ROOT / "docs/web.md": [ENGINE, WHOLE_PAGE],
    ROOT / "web_demo/README.md": [WHOLE_PAGE],
    PAGE / "index.html": [WHOLE_PAGE],
    **{path: [WHOLE_PAGE, WHOLE_PAGE] for path in locales()},
}
NEWER = {
    ".js": r"\.to(?:Reversed|Sorted|Spliced)\(|\.with\(|Object\.groupBy|Array\.fromAsync|"
    r"withResolvers|AbortSignal\.any",
    ".css": r":has\(|color-mix\(|light-dark\(|@container|^\s*&",
}
"""Later features that are likeliest to be used."""


@pytest.mark.parametrize("path", SAID, ids=lambda path: path.name)
def test_they_are_said_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8").split("\n## Kernels")[0]
    assert NUMBERS.findall(text) == SAID[path]


@pytest.mark.parametrize("folder", [PAGE, server.PAGE, WEB], ids=["page", "profiler", "engine"])
def test_nothing_newer_is_used(folder: Path) -> None:
    sources = [path for path in folder.iterdir() if path.suffix in NEWER]
    assert sources
    for path in sources:
        found = re.findall(NEWER[path.suffix], path.read_text(encoding="utf-8"), re.MULTILINE)
        assert found == [], path
