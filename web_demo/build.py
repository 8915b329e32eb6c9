"""Build the demo: ``python web_demo/build.py out/web`` writes a folder for any static server."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from act_artefact.errors import UserError
from act_export import export
from act_export.options import Options
from act_export.web.page import ENGINE, Extras, PageModel, write_folder

HERE = Path(__file__).parent
MODELS = HERE.parent / "models"
BUDGET = 1_500_000
"""Bytes of all files, which a phone keeps."""
MARK = "worker.js"
"""A file by which a folder that was built before is known."""


@dataclass(frozen=True)
class Shown:
    """A shipped model that the demo shows."""

    name: str
    """The text of its tab."""
    model: str
    """Its folder in ``models/``."""
    baseline: str | None
    """The folder of the net with a fixed number of steps that it is shown beside."""
    options: Options
    data: str | None = None
    """The folder whose ``eval.npz`` a precision is judged on."""


INT8 = Options(precision="int8")
SHOWN = (
    Shown("Maze", "maze", "maze-fixed24", replace(INT8, dynamic=("height", "width")), data="maze"),
    Shown("Text", "charlm", "charlm-fixed5", INT8, data="charlm"),
    Shown("Listen", "listen", None, INT8, data="listen"),
    Shown("Parity", "parity-brief", "parity-fixed3", INT8, data="parity"),
)
"""Whose folder is not in ``models/`` is left out."""


def build(folder: Path, shown: tuple[Shown, ...] = SHOWN) -> list[Path]:
    """Export the models and assemble the demo; see :func:`assemble`.

    Raises:
        UserError: the folder holds something else, or a model cannot be exported.
    """
    if folder.exists() and not (folder / MARK).is_file():
        raise UserError(f"{folder}: not a folder that was built before: name another")
    with tempfile.TemporaryDirectory() as scratch:
        models = [_exported(each, Path(scratch)) for each in shown]
        shutil.rmtree(folder, ignore_errors=True)
        return assemble(folder, models)


def assemble(folder: Path, models: Sequence[PageModel], engine: Path = ENGINE) -> list[Path]:
    """Write the page with these models, its service worker and its icons.

    Returns:
        All files, relative to the folder.
    """
    files = write_folder(folder, models, extras(), engine)
    # A folder of a static server as GitHub's would otherwise be taken for a blog.
    (folder / ".nojekyll").touch()
    worker = folder / MARK
    worker.write_text(built_line(folder, files) + worker.read_text(encoding="utf-8"))
    return files


def extras() -> Extras:
    """Name what the demo adds to the page."""
    icons = {f"icons/{path.name}": path for path in sorted((HERE / "icons").iterdir())}
    own = {name: HERE / name for name in ("app.webmanifest", MARK)}
    return Extras(
        head=(HERE / "head.html").read_text(encoding="utf-8").strip(),
        modules={"demo/offline": HERE / "offline.js"},
        files={**own, **icons},
    )


def built_line(folder: Path, files: list[Path]) -> str:
    """Return the service worker's first line: all files but itself, and a digest of them."""
    kept = sorted(path for path in files if path.name != MARK)
    digest = hashlib.sha256()
    for path in kept:
        digest.update(f"{path.as_posix()}\0".encode() + (folder / path).read_bytes())
    places = ["./", *(path.as_posix() for path in kept)]
    built = {"version": digest.hexdigest()[:16], "files": places}
    return f"self.BUILT = {json.dumps(built)};\n"


def _exported(shown: Shown, scratch: Path) -> PageModel:
    def artefact(model: str) -> Path:
        data = None if shown.data is None else MODELS / shown.data / "eval.npz"
        [done] = export(
            MODELS / model / "model.pt",
            "native",
            output=scratch / model,
            data=data,
            options=shown.options,
        )
        return done.path

    baseline = None if shown.baseline is None else artefact(shown.baseline)
    return PageModel(shown.name, artefact(shown.model), baseline)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    there = tuple(each for each in SHOWN if (MODELS / each.model / "model.pt").is_file())
    for each in SHOWN:
        if each not in there:
            print(f"web_demo: models/{each.model} is not there: left out", file=sys.stderr)
    try:
        files = build(folder, there)
    except UserError as error:
        print(f"web_demo: {error}", file=sys.stderr)
        return 2
    size = sum((folder / path).stat().st_size for path in files)
    print(f"{folder}: {len(files)} files, {size:,} bytes of at most {BUDGET:,}")
    print(f"serve it: python -m http.server -d {folder}")
    return int(size > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
