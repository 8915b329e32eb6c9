"""The maze: drawn, dragged, played and asked, by pointer and by keyboard alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from act_mobile.halting.policy import Budget
from act_mobile.tasks.maze import GOAL, INSIDE, START
from tests.web.page.browser import Page

pytestmark = pytest.mark.web

SIDES = ("right", "below", "left", "above")
GRID = "[data-testid=maze]"
NEAR = 1e-4
"""A probability that is so near to one half may be rounded to either side of it."""


def labels(page: Page) -> list[str]:
    """The cells of the board in words, as a screen reader has them."""
    return page.evaluate(
        f"[...document.querySelectorAll('{GRID} [role=gridcell]')]"
        ".map((e) => e.getAttribute('aria-label'))"
    )


def x_of(cells: list[str]) -> torch.Tensor:
    """Read the channels of the maze task off the cells' words: (1, 7, n, n)."""
    side = int(len(cells) ** 0.5)
    x = np.zeros((7, side * side), np.float32)
    for cell, words in enumerate(cells):
        shut = re.search(r"walls: ((?:right|below|left|above|, )+)", words)
        walls = shut[1].split(", ") if shut else []
        for channel, name in enumerate(SIDES):
            x[channel, cell] = name not in walls
        x[INSIDE, cell] = 1
        x[START, cell] = ", start" in words
        x[GOAL, cell] = ", goal" in words
    return torch.from_numpy(x.reshape(1, 7, side, side))


def answered(cells: list[str]) -> np.ndarray:
    return np.array(["answered: on the way" in words for words in cells])


def expected(net: Any, x: torch.Tensor, most: int | None = None) -> tuple[np.ndarray, int]:
    """The model's own answer within a limit, as probabilities, and N."""
    threshold, limit = net.policy.budget
    with torch.no_grad():
        out = net(x, budget=Budget(threshold, most or limit))
    return torch.sigmoid(out.output[0, ..., 0]).flatten().numpy(), int(out.ponder.steps.item())


def assert_answer(page: Page, net: Any, most: int | None = None) -> int:
    """Compare the board with the model; return N."""
    cells = labels(page)
    wanted, steps = expected(net, x_of(cells), most)
    clear = np.abs(wanted - 0.5) > NEAR
    assert (answered(cells) == (wanted >= 0.5))[clear].all()
    return steps


def shown_steps(page: Page) -> int:
    return int(page.text("[data-testid=ponder-steps]"))


def size(page: Page, side: int) -> None:
    page.evaluate(
        "(() => { const e = document.querySelector('[data-testid=maze-size]');"
        f"e.value = '{side}'; e.dispatchEvent(new Event('change')); }})()"
    )


def cell_place(
    page: Page, cell: int, across: float = 0.5, down: float = 0.5
) -> tuple[float, float]:
    page.box(GRID)
    left, top, width, height = page.box(f"{GRID} [data-cell='{cell}']", scroll=False)
    return left + across * width, top + down * height


def where(page: Page, word: str) -> int:
    return next(at for at, words in enumerate(labels(page)) if f", {word}" in words)


@pytest.mark.parametrize("side", [3, 5, 7])
def test_the_board_shows_the_models_answer_and_n(
    page: Page, site: str, nets: Any, side: int
) -> None:
    page.open(f"{site}#maze")
    size(page, side)
    assert len(labels(page)) == side * side
    assert shown_steps(page) == assert_answer(page, nets["maze"][0])


def test_a_new_maze_has_one_way(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    before = labels(page)
    page.click("[data-testid=new-maze]")
    after = labels(page)
    assert after != before
    x = x_of(after)[0].numpy()
    # A tree over 49 cells has 48 openings, each seen from two sides.
    assert x[:4].sum() == 2 * 48
    assert page.evaluate("document.querySelector('[data-testid=maze-remark]').hidden")


def test_steps_are_stepped_and_played(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    last = shown_steps(page)
    page.click("[data-testid=back]")
    assert shown_steps(page) == last - 1
    assert_answer(page, nets["maze"][0], last - 1)
    page.click("[data-testid=forward]")
    assert shown_steps(page) == last
    page.click("[data-testid=play]")
    assert page.evaluate("document.querySelector('[data-testid=play]').ariaLabel") == "Pause"
    page.wait(f"document.querySelector('[data-testid=ponder-steps]').textContent === '{last}'")
    page.wait("document.querySelector('[data-testid=play]').ariaLabel === 'Play the steps'")
    assert_answer(page, nets["maze"][0])


def test_the_battery_slider_acts_at_once(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    page.evaluate("document.querySelector('[data-testid=max-ponder]').focus()")
    page.key("Home")
    page.key("ArrowRight")
    assert shown_steps(page) <= 2
    assert_answer(page, nets["maze"][0], 2)
    page.wait("document.querySelector('.battery').dataset.microseconds > 0")
    assert re.search(r"\d.*(µs|ms)", page.text("[data-testid=microseconds]"))


def test_walls_are_drawn_and_removed_by_pointer(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    was = "walls: " in labels(page)[8] and "below" in labels(page)[8]
    place = cell_place(page, 8, down=0.93)
    page.drag(place)
    now = re.search(r"walls: [^,]*(?:, (?:right|below|left|above))*", labels(page)[8])
    assert ("below" in (now[0] if now else "")) != was
    assert_answer(page, nets["maze"][0])
    page.drag(place)
    assert ("below" in labels(page)[8]) == was


def test_start_and_goal_are_dragged_or_tapped(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    free = [at for at in range(49) if at not in (where(page, "start"), where(page, "goal"))]
    page.drag(cell_place(page, where(page, "start")), cell_place(page, free[0]))
    assert where(page, "start") == free[0]
    page.drag(cell_place(page, where(page, "goal")))
    page.drag(cell_place(page, free[-1]))
    assert where(page, "goal") == free[-1]
    assert_answer(page, nets["maze"][0])


def test_a_maze_without_a_way_or_with_two_says_so(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    size(page, 3)
    remark = "document.querySelector('[data-testid=maze-remark]')"
    page.evaluate(f"document.querySelector('{GRID} [tabindex=\"0\"]').focus()")
    # Opposite corners, and once more for the start, in whose corner the goal may have been.
    for corner, end in (("Home", "s"), ("End", "g"), ("Home", "s")):
        page.key(corner)
        page.key(end)
    for move in ("ArrowRight", "ArrowDown"):
        page.key("Home")
        if "right" in labels(page)[0] and move == "ArrowRight":
            continue
        if "below" in labels(page)[0] and move == "ArrowDown":
            continue
        page.key(move, shift=True)
    assert "No way leads" in page.evaluate(f"{remark}.textContent")
    for row in range(3):
        for column in range(3):
            cell = 3 * row + column
            page.evaluate(f"document.querySelector('{GRID} [data-cell=\"{cell}\"]').focus()")
            if column < 2 and "right" in labels(page)[cell]:
                page.key("ArrowRight", shift=True)
            if row < 2 and "below" in labels(page)[cell]:
                page.key("ArrowDown", shift=True)
    assert "more than one way" in page.evaluate(f"{remark}.textContent")


def test_the_keyboard_alone_is_enough(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    size(page, 3)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.key("Tab")
            if page.evaluate(f'document.activeElement.matches("{selector}")'):
                return
        raise AssertionError(f"{selector} is not reached with Tab")

    tab_to("[data-testid=new-maze]")
    before = labels(page)
    page.key("Enter")
    assert labels(page) != before
    tab_to("[role=gridcell]")
    page.key("End")
    assert page.evaluate("document.activeElement.dataset.cell") == "8"
    end = "g" if where(page, "start") != 8 else "s"
    page.key(end)
    assert where(page, "goal" if end == "g" else "start") == 8
    assert page.text("#announcer")
    page.key("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.cell") == "7"
    above = "above" in labels(page)[7]
    page.key("ArrowUp", shift=True)
    assert ("above" in labels(page)[7]) != above
    assert_answer(page, nets["maze"][0])
    tab_to("[data-testid=play]")
    tab_to("[data-testid=step]")
    page.key("Home")
    assert shown_steps(page) == 0


def test_many_mazes_are_tried(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    page.click("[data-testid=try-many]")
    page.wait("document.querySelectorAll('.chart circle').length > 40")
    page.wait(
        "document.querySelector('[data-testid=chart-summary]').textContent.includes('average')"
    )


def test_the_fixed_net_stands_beside(page: Page, site: str, nets: Any) -> None:
    page.open(f"{site}#maze")
    size(page, 5)
    rows = page.evaluate(
        "[...document.querySelectorAll('[data-testid=comparison] tbody tr')]"
        ".map((e) => [...e.querySelectorAll('.value')].map((v) => v.textContent))"
    )
    steps, _, cells = rows
    assert steps == [str(shown_steps(page)), "4"]
    wanted, _ = expected(nets["maze-fixed"][0], x_of(labels(page)))
    if (np.abs(wanted - 0.5) > NEAR).all():
        way = page.evaluate("document.querySelectorAll('.comparison .maze-marks .wrong').length")
        assert cells[1].endswith("of 25")
        assert way <= (wanted >= 0.5).sum()
