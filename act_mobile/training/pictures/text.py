"""Text, each character on the colour of its ponder steps."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import torch

from act_mobile.model import ACTModel
from act_mobile.tasks.charlm import CharLM


def draw(path: Path, task: CharLM, model: ACTModel, lines: int = 14, width: int = 64) -> None:
    """Draw the beginning of the held-out text, each character on the colour of its N."""
    tokens = task.held_out[: lines * width]
    with torch.no_grad():
        steps = model(tokens[None]).ponder.steps[0].sum(-1)
    figure, axes = plt.subplots()
    grid = torch.full((lines, width), float("nan"))
    row = column = longest = 0
    for token, n in zip(tokens.tolist(), steps.tolist(), strict=True):
        if row == lines:
            break
        grid[row, column] = n
        glyph = "↵" if token == ord("\n") else chr(token) if 32 <= token < 127 else "·"
        axes.text(column, row, glyph, ha="center", va="center", family="monospace", size=9)
        column += 1
        longest = max(longest, column)
        if token == ord("\n") or column == width:
            row, column = row + 1, 0
    least, most = float(steps.min()), float(steps.max())
    room = 0.8 * max(most - least, 1)  # the darkest colours would swallow the letters
    figure.set_size_inches(0.13 * longest + 1.2, 0.26 * lines + 0.6)
    image = axes.imshow(
        grid[:, :longest].numpy(), cmap="Blues", vmin=least - 0.5, vmax=most + room, aspect="auto"
    )
    axes.set_axis_off()
    axes.set_title("ponder steps N at each character read")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.ax.set_ylim(least - 0.5, most + 0.5)
    bar.set_ticks(sorted(set(steps.tolist())))
    bar.outline.set_visible(False)  # type: ignore[operator]
    figure.savefig(path)
    plt.close(figure)
