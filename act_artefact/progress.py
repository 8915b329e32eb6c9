"""Stages of a command on stderr: each while it runs, and its time once it has passed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Self

from rich.console import Console

Stage = Callable[[str, str], AbstractContextManager[None]]
"""Return a context manager that spans a stage, from whose it is (a target, a variant) and its
name."""


class Progress:
    """Shows each stage while it runs and its time once it has passed.

    It writes to a copy of stderr, because the converters' own talk is kept off the real one.
    """

    def __enter__(self) -> Self:
        self._console = Console(file=os.fdopen(os.dup(2), "w", errors="replace"), highlight=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._console.file.close()

    @contextmanager
    def stage(self, of: str, name: str) -> Iterator[None]:
        """Span the stage ``name``; a :data:`Stage`."""
        start = time.perf_counter()
        line = f"{of:<7} {name}"
        with self._console.status(line):
            yield
        seconds = time.perf_counter() - start
        self._console.print(f"[green]✓[/] {line:<17} [dim]{seconds:5.1f} s[/]")
