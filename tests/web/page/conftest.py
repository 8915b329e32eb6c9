"""Small models that nobody trained, the demo built with them, and a browser to open it in."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_export import export
from act_export.options import Options
from act_export.web.page import PageModel
from act_mobile import ACTConfig, ACTModel, save_model
from act_mobile.iterated import IteratedConfig, IteratedModel
from tests.web.page.browser import Browser, Page, chromium
from web_demo.build import assemble

MAZE = {"name": "maze", "smallest": 3, "largest": 7, "metric": "sequence_error"}
TEXT = {"name": "charlm", "metric": "bits_per_char", "vocabulary": "bytes"}
IMAGES = {"channels": 7, "hidden_size": 6, "output_size": 1, "height": 7, "width": 7}
BYTES = {"input_size": 8, "hidden_size": 12, "output_size": 256, "vocab_size": 256}
LABELS = ["nothing", "go", "no", "on"]
HEARD = {"name": "own", "metric": "accuracy", "labels": LABELS, "every": 2}
SOUND = {"input_size": 32, "hidden_size": 8, "output_size": 4, "halting": "skip"}
NUMBERS = {"input_size": 5, "hidden_size": 8, "output_size": 2}


def uneven(model: Any, scale: float) -> Any:
    """Make weights larger, so that answers and N differ from input to input."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                weight.mul_(scale)
            elif "halting" in name:
                weight.fill_(-1.0)
    return model


@pytest.fixture(scope="session")
def nets() -> dict[str, tuple[Any, dict[str, str] | None]]:
    """Models by name, each with its task."""
    torch.manual_seed(3)
    return {
        "maze": (uneven(IteratedModel(IteratedConfig(**IMAGES, max_ponder=9)), 3.0), MAZE),
        "maze-fixed": (IteratedModel(IteratedConfig(**IMAGES, halting="fixed:4")), MAZE),
        "text": (uneven(ACTModel(ACTConfig(**BYTES, cell="gru", max_ponder=6)), 2.0), TEXT),
        "text-fixed": (ACTModel(ACTConfig(**BYTES, cell="gru", halting="fixed:3")), TEXT),
        "listen": (uneven(ACTModel(ACTConfig(**SOUND, cell="gru")), 0.5), HEARD),
        "plain": (uneven(ACTModel(ACTConfig(**NUMBERS, cell="rnn", max_ponder=7)), 2.0), None),
    }


@pytest.fixture(scope="session")
def exported(
    nets: dict[str, tuple[Any, dict[str, str] | None]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The models as .actn files, by name."""
    made = {}
    for name, (model, task) in nets.items():
        folder = tmp_path_factory.mktemp(name)
        save_model(folder / f"{name}.pt", model, task)
        axes = ("height", "width") if task is MAZE else ()
        data = None
        if task is HEARD:  # the arrays of one's own that the task was
            data = folder / "eval.npz"
            x = np.random.default_rng(0).normal(size=(4, 10, 32)).astype(np.float32)
            np.savez(data, x=x, targets=np.zeros((4, 10), np.int64), metric="accuracy")
        [done] = export(
            folder / f"{name}.pt",
            "native",
            output=folder,
            data=data,
            options=Options(samples=10, dynamic=axes, license="Apache-2.0"),
        )
        made[name] = done.path
    return made


@pytest.fixture(scope="session")
def models(exported: dict[str, Path]) -> list[PageModel]:
    return [
        PageModel("Maze", exported["maze"], exported["maze-fixed"]),
        PageModel("Text", exported["text"], exported["text-fixed"]),
        PageModel("Listen", exported["listen"]),
        PageModel("Plain </script> & co", exported["plain"]),
    ]


@pytest.fixture(scope="session")
def built(models: list[PageModel], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder."""
    folder = tmp_path_factory.mktemp("site")
    assemble(folder, models)
    return folder


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder as any static server does."""

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder and yield its address."""
    handler = functools.partial(Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The address at which the demo is served."""
    with served(built) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with storage of its own, whose user wants little motion; it must have no error."""
    opened = browser.page()
    opened.prefer(prefers_reduced_motion="reduce")
    yield opened
    errors = opened.errors()
    opened.close()
    assert errors == []
