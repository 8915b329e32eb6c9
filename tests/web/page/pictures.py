"""Take the pictures of ``web_demo/README.md``: ``python -m tests.web.page.pictures out/web``.

Needs Chromium, Pillow, which makes the files small, and act-mobile[speech], whose voices are heard.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from act_mobile.datasets import listen, speech
from tests.web.page.browser import Page, chromium
from tests.web.page.conftest import served
from tests.web.page.test_listen import written

FOLDER = Path(__file__).parents[3] / "web_demo" / "pictures"
HEIGHTS = {320: 760, 768: 1000, 1280: 1000}
SHOTS = (
    ("maze", 320, "light"),
    ("maze", 320, "dark"),
    ("maze", 768, "light"),
    ("maze", 768, "dark"),
    ("maze", 1280, "light"),
    ("maze", 1280, "dark"),
    ("text", 320, "dark"),
    ("text", 1280, "light"),
    ("listen", 320, "light"),
    ("listen", 1280, "dark"),
)
SAID = ("left", "light")
COLOURS = 128


def sentence(path: Path) -> Path:
    """Write words in a room with noise, by voices that are kept for evaluation, as a sound file."""
    draw = np.random.default_rng(2)
    voices = [speech.drawn(word, draw, held_out=True) for word in SAID]
    clip, _ = listen.mixed(SAID, list(speech.spoken(voices)), draw)
    return written(path, clip)


def hear(page: Page) -> None:
    """Open the sound file, and wait until all of it was heard."""
    with tempfile.TemporaryDirectory() as folder:
        page.choose("[data-testid=sound]", sentence(Path(folder) / "words.wav"))
        page.wait("document.querySelectorAll('[data-testid=heard] li').length")
        page.wait("document.querySelector('.measuring')")


def take(page: Page, address: str, screen: str, width: int, theme: str) -> None:
    """Open a screen, wait until it shows its time, and keep the picture."""
    page.resize(width, HEIGHTS[width])
    page.prefer(prefers_color_scheme=theme, prefers_reduced_motion="reduce")
    page.open("about:blank", "true")
    page.open(f"{address}#{screen}")
    page.wait("document.querySelector('.battery').dataset.microseconds > 0")
    if screen == "listen":
        hear(page)
    page.wait("!document.querySelector('.measuring')")
    page.wait("getComputedStyle(document.querySelector('.figure')).opacity === '1'")
    path = FOLDER / f"{screen}-{width}-{theme}.png"
    page.screenshot(path, whole=False)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(path)


def main(folder: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        served(folder) as address,
        chromium() as browser,
    ):
        for screen, width, theme in SHOTS:
            page = browser.page()
            take(page, address, screen, width, theme)
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
