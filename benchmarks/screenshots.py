"""Pictures of reports as browsers show them: at a desk and on a phone, light and dark.

    make demo
    python benchmarks/screenshots.py out/demo/report.json -o docs/report/hops

writes ``docs/report/hops-desktop-light.png`` and three more: the first screen of each. Needs
Chromium. The pictures of mazes:

    act-export models/maze/model.pt --target onnx,tflite,native --ponder loop --budget-inputs \\
        --data models/maze/eval.npz -o out/maze
    for K in 16 20 24; do act-export models/maze-fixed$K/model.pt --target onnx,tflite,native \\
        --data models/maze/eval.npz -o out/maze-fixed$K; done
    act-profile out/maze{,-fixed16,-fixed20,-fixed24}/*/model.{onnx,tflite,actn} \\
        --data models/maze/eval.npz -o out/maze.json
    python benchmarks/screenshots.py out/maze.json -o docs/report/maze --height 2

That of parity is of the commands in docs/profiling.md, with ``-o out/parity.json``, and
``--only desktop-light --height 1.9``.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from act_artefact.chromium import find_chromium
from act_profiling.report import files, html

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers of what a user prefers."""

LIMIT = 300_000
"""Bytes of a picture: these go into the documentation."""


def main() -> None:
    """Take all four pictures of a report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, help="report.json")
    parser.add_argument("-o", "--output", type=Path, required=True, help="how the files begin")
    parser.add_argument("--height", type=float, default=1.0, help="in screens; 1 is the first one")
    parser.add_argument("--only", help="one of them, such as phone-dark")
    chosen = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.error("no Chromium here: install it")
    page = html.render(files.read(chosen.report))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        for device, (width, height) in SIZES.items():
            for scheme, number in SCHEMES.items():
                if chosen.only not in (None, f"{device}-{scheme}"):
                    continue
                shot = Path(f"{chosen.output}-{device}-{scheme}.png")
                size = f"{width},{round(height * chosen.height)}"
                take(chromium, path, shot, size, number, Path(folder) / "profile")
                print(f"{shot}: {shot.stat().st_size:,} bytes")
                if shot.stat().st_size > LIMIT:
                    parser.error(f"{shot} is larger than {LIMIT:,} bytes: give a lower --height")


def take(chromium: str, page: Path, shot: Path, size: str, scheme: int, profile: Path) -> None:
    """Take one picture.

    Args:
        size: width and height in pixels, with a comma.
        scheme: one of :data:`SCHEMES`.
        profile: a folder for what the browser writes.
    """
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    chosen = (f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}")
    places = (f"--user-data-dir={profile}", f"--screenshot={shot.resolve()}", page.as_uri())
    command = [chromium, *options, *chosen, *places]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()
