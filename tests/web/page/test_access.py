"""Accessibility by axe-core: no violation on any screen, in any theme, width or language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import npm
from tests.web.page.browser import Page

pytestmark = pytest.mark.web

AXE = "axe-core@4.11.0"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCREENS = {
    "maze": "[role=gridcell]",
    "text": ".reader .c",
    "listen": ".frames",
    "plain-script-co": ".bars li",
}


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    folder = Path(pytestconfig.cache.mkdir("axe"))
    npm(folder, [AXE])
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(f"{axe}; 0")
    rules = list(RULES)
    found: list[dict[str, Any]] = page.evaluate(
        f"axe.run(document, {{runOnly: {rules}}}).then((r) => r.violations.map((v) => "
        "({id: v.id, at: v.nodes.map((n) => n.html.slice(0, 150) + ' ' + n.failureSummary)})))"
    )
    return [f"{each['id']}: {each['at'][:3]}" for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(page: Page, site: str, axe: str, screen: str, theme: str) -> None:
    page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
    page.open(f"{site}#{screen}")
    page.wait(f"document.querySelector('{SCREENS[screen]}')")
    assert violations(page, axe) == []
    page.resize(320, 700)
    if theme == "dark":
        page.click("[data-language=de]")
    assert violations(page, axe) == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(("width", "percent"), [(320, 100), (640, 200), (768, 100), (1280, 200)])
def test_nothing_is_cut_off(page: Page, site: str, screen: str, width: int, percent: int) -> None:
    page.resize(width, 800)
    page.open(f"{site}#{screen}")
    page.wait(f"document.querySelector('{SCREENS[screen]}')")
    page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
    wide = page.evaluate(
        "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.unseen, .skip, svg')"
        "&& e.getBoundingClientRect().right > innerWidth + 0.5)"
        ".map((e) => e.className + ' ' + e.getBoundingClientRect().right)"
    )
    assert wide == []
