"""The time of each operator, read from the profiles that the runtimes write themselves.

A runtime that writes a profile is slower for it: these times say where a call's time goes, not how
much it is. ``act_profiling/operators/NAME.py`` reads the profiles of target NAME's runtime.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Operator:
    """All operators of one type together, in a mean call."""

    name: str
    nanoseconds_per_call: float
    runs_per_call: float = 1.0


@runtime_checkable
class ProfileReader(Protocol):
    """The module of a target whose runtime writes profiles."""

    BODIES: tuple[str, ...]
    """Operators whose time is that of the operators in them, which are listed themselves, and of
    profiling these; left out."""

    def read(self, path: Path) -> Iterator[tuple[str, int, int]]:
        """Yield operator type, nanoseconds and runs, of the whole run.

        Raises:
            CheckFailed: the file is not the runtime's profile.
        """
        ...


def profile_reader(target: str) -> ProfileReader:
    """Import the module that reads the profiles of a target's runtime."""
    module = import_module(f"{__name__}.{target}")
    if not isinstance(module, ProfileReader):
        raise TypeError(f"{module.__name__}: needs BODIES and read()")
    return module


def read_operators(target: str, profiles: Iterable[Path], calls: int) -> tuple[Operator, ...]:
    """The operators of a run of so many calls, the slowest first.

    Args:
        target: whose runtime wrote the profiles.
        profiles: a file of each of the artefact's graphs; there may be none.

    Raises:
        CheckFailed: a file is not the runtime's profile.
    """
    times, runs = Counter[str](), Counter[str]()
    for path in profiles:
        reader = profile_reader(target)
        for name, nanoseconds, count in reader.read(path):
            if name not in reader.BODIES:
                times[name] += nanoseconds
                runs[name] += count
    return tuple(
        Operator(name, nanoseconds / calls, runs[name] / calls)
        for name, nanoseconds in times.most_common()
    )
