"""The only ways in which a bad input may end."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from act_artefact.command import MOST, error_line
from act_artefact.errors import CheckFailed, UserError

SECONDS = 30
"""Most that an input may take."""
MEMORY = 1 << 20
"""KiB by which inputs may exceed good ones."""
REFUSALS = (UserError, CheckFailed, click.ClickException, OSError)
"""Exceptions that a command reports in one line."""


class Hang(BaseException):
    """An input took too long; no handler of an Exception stops it."""


@contextmanager
def _limited() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fault(work: Callable[[], Any], *, from_files: bool = True) -> str | None:
    """Do it, and say in one line what is wrong with how it ended; None if nothing is.

    Args:
        from_files: whether the bad input comes from files; the words of a command line that an
            error repeats are the user's own, and made fit to be printed by the command.
    """
    try:
        with _limited():
            work()
    except REFUSALS as error:
        line = str(error) if from_files else error_line(error)
        if "\n" in line or not line.isprintable() or len(line) > MOST:
            return f"not a line: {line[:200]!r}"
    except Hang:
        return f"more than {SECONDS} s"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def peak_kib() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
