"""Screens that are left, opened again, and looked at later; several sounds, several budgets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from act_export.web.page import PageModel
from tests.web.page.browser import Browser, Page
from tests.web.page.conftest import served
from tests.web.page.test_listen import sound, written
from web_demo.build import assemble

pytestmark = pytest.mark.web

CURRENT = "document.querySelector('[aria-current]').textContent"
NOTHING_WRONG = "document.querySelector('#notice').hidden"
PLAIN = "plain-script-co"


def tab(page: Page, name: str) -> None:
    """Press the tab of a model."""
    page.evaluate(
        f"[...document.querySelectorAll('#tabs a')].find((e) => e.textContent === '{name}').click()"
    )


def test_a_screen_is_left_while_its_golden_bundle_comes(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    page.evaluate(
        "const own = window.fetch; window.fetch = async (...asked) => {"
        "  const found = await own(...asked);"
        "  if (String(asked[0]).includes('golden')) {"
        "    await new Promise((go) => (window.go = go)); window.late = true;"
        "  }"
        "  return found; }; 0"
    )
    page.evaluate(f"location.hash = '#{PLAIN}'")
    page.wait("Boolean(window.go)")
    page.evaluate("location.hash = '#maze'")
    page.wait("document.querySelector('[role=gridcell]')")
    page.evaluate("window.go()")
    page.wait("window.late")
    # By now a call of the model that was left would have failed.
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate(NOTHING_WRONG)


def test_a_screen_is_left_while_it_listens(page: Page, site: str) -> None:
    page.open(f"{site}#listen")
    # A message that was on its way when the screen was left.
    page.evaluate(
        "const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');"
        "Object.defineProperty(MessagePort.prototype, 'onmessage', { set(listener) {"
        "  set.call(this, (event) => {"
        "    if (event.data?.length) window.heard = () => listener(event);"
        "    return listener(event); }); } }); 0"
    )
    page.click("[data-testid=listen]")
    page.wait("document.querySelector('.frame-steps').getAttribute('d').length > 50")
    page.evaluate("location.hash = '#maze'")
    page.wait("document.querySelector('[role=gridcell]')")
    page.evaluate("window.heard(); 0")
    assert page.evaluate(NOTHING_WRONG)


def test_a_tab_is_returned_to_after_a_model_from_disk(
    page: Page, site: str, exported: dict[str, Path]
) -> None:
    page.open(f"{site}#maze")
    tab(page, "Text")
    page.wait("document.querySelectorAll('.reader .c').length > 0")
    page.choose("#own-files", exported["plain"])
    page.wait(f"{CURRENT} === 'plain'")
    tab(page, "Text")
    page.wait("document.querySelectorAll('.reader .c').length > 0")
    assert page.evaluate(CURRENT) == "Text"
    tab(page, "plain")
    page.wait("document.querySelector('.plain-model')")


def test_a_model_that_failed_is_asked_for_again(
    browser: Browser, built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    shutil.copytree(built, folder)
    artefact = folder / "models" / "text" / "text.actn"
    artefact.rename(tmp_path / "text.actn")
    page = browser.page()
    with served(folder) as address:
        page.open(f"{address}#maze")
        page.wait("document.querySelector('[role=gridcell]')")
        tab(page, "Text")
        page.wait(f"!{NOTHING_WRONG}")
        assert page.evaluate(CURRENT) == "Maze"
        (tmp_path / "text.actn").rename(artefact)
        tab(page, "Text")
        page.wait("document.querySelectorAll('.reader .c').length > 0")
        assert page.evaluate(NOTHING_WRONG)
    page.close()


def test_a_failure_of_a_tab_that_was_left_is_not_told(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    page.evaluate(
        "const own = window.fetch; window.fetch = async (...asked) => {"
        "  if (!String(asked[0]).includes('text.actn')) return own(...asked);"
        "  await new Promise((go) => (window.go = go)); throw new Error('late'); }; 0"
    )
    page.evaluate("location.hash = '#text'")
    page.wait("Boolean(window.go)")
    page.evaluate("location.hash = '#listen'")
    page.wait("document.querySelector('[data-testid=listen]')")
    page.evaluate("window.go(); new Promise((done) => setTimeout(done, 100))")
    assert page.evaluate(NOTHING_WRONG)
    assert page.evaluate(CURRENT) == "Listen"


@pytest.mark.parametrize("fragment", ["#%", "#%E0%A4%A", "#nothing"])
def test_an_address_of_no_model_opens_the_first(page: Page, site: str, fragment: str) -> None:
    page.open(f"{site}{fragment}")
    page.wait("document.querySelector('[role=gridcell]')")
    assert page.evaluate(CURRENT) == "Maze"


def test_a_page_that_was_opened_in_the_background_measures_once_it_is_seen(
    page: Page, site: str
) -> None:
    page.before("window.away = true;Object.defineProperty(document, 'hidden', {get: () => away})")
    page.open(f"{site}#maze")
    page.wait("document.querySelector('[data-testid=microseconds]').textContent === '–'")
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange')); 0")
    page.wait("document.querySelector('.battery').dataset.microseconds > 0")


def test_a_second_sound_takes_the_place_of_the_first(page: Page, site: str, tmp_path: Path) -> None:
    page.open(f"{site}#listen")
    long, short = (written(tmp_path / f"{s}.wav", sound(s)) for s in (50, 1))
    page.choose("[data-testid=sound]", long)
    page.wait("document.querySelector('[data-testid=mean-steps]').textContent !== '–'")
    page.choose("[data-testid=sound]", short)
    # 98 frames, of which the net hears every other.
    page.wait(
        "document.querySelector('[data-testid=listen-summary]').textContent.startsWith('49 frames')"
    )
    page.wait("document.querySelector('.battery').dataset.microseconds > 0")
    assert page.text("[data-testid=listen-summary]").startswith("49 frames")


def test_a_point_of_the_chart_is_a_maze_within_the_present_budget(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    summary = "[data-testid=chart-summary]"
    for count in (2, 3):
        page.click("[data-testid=new-maze]")
        assert page.text(summary) == f"{count} mazes so far."
    page.evaluate("document.querySelector('[data-testid=max-ponder]').focus()")
    for _ in range(3):
        page.key("ArrowLeft")
    assert page.text(summary) == "1 maze so far."


def test_two_demos_of_one_origin_keep_their_files(
    browser: Browser, exported: dict[str, Path], tmp_path: Path
) -> None:
    for name in ("text", "plain"):
        assemble(tmp_path / name, [PageModel(name, exported[name])])
    page = browser.page()
    with served(tmp_path) as address:
        for name in ("text", "plain"):
            page.open("about:blank", "true")
            page.open(f"{address}{name}/", "document.documentElement.dataset.offline")
        kept = page.evaluate("caches.keys()")
    assert len(kept) == 2
    page.open("about:blank", "true")
    page.open(f"{address}text/")  # nobody serves it any more
    page.close()


def test_a_baseline_does_not_stay_open_when_the_model_is_refused(
    page: Page, site: str, built: Path
) -> None:
    page.open(f"{site}#maze")
    opened = page.evaluate(
        "(async () => {"
        "const { ActEngine } = await import('act-engine');"
        "const { listed, openListed } = await import('page/models');"
        "const engine = await ActEngine.load('act.wasm'), open = new Set();"
        "const own = engine.open.bind(engine);"
        "engine.open = async (bytes) => { const model = await own(bytes); open.add(model);"
        "  const close = model.close.bind(model);"
        "  model.close = () => { open.delete(model); close(); }; return model; };"
        "const [maze] = listed(), refused = { ...maze.manifest, sha256: '0'.repeat(64) };"
        "const wrong = { ...maze, baseline: { ...maze.baseline, manifest: refused } };"
        "const left = [];"
        "for (const entry of [{ ...maze, manifest: refused }, wrong]) {"
        "  await openListed(engine, entry).catch((error) => left.push(error.key));"
        "  left.push(open.size); }"
        "return left; })()"
    )
    assert opened == ["refused.digest", 0, "refused.digest", 0]
