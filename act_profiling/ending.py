"""What ends a profile early, and work on several devices at once that ends with it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from act_mobile.errors import CheckFailed, UserError
from act_profiling.devices import Device

T = TypeVar("T")

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within it SIGTERM and SIGHUP do what Ctrl-C does: blocks end, and devices are left clean.

    The exit code is a shell's, 128 and the signal's number. A signal that is ignored stays so: what
    nohup started goes on.
    """

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # once: cleaning up is not to be cut short
        sys.exit(128 + number)

    before = {each: signal.getsignal(each) for each in SIGNALS}
    heard = [each for each, handler in before.items() if handler != signal.SIG_IGN]
    for each in heard:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in heard:
            signal.signal(each, before[each])


def on_each(
    devices: Sequence[Device], work: Callable[[Device, int], T]
) -> tuple[list[T], list[Exception]]:
    """Work with a device and its number, on all devices at once.

    A device that fails does not stop the others. What ends this process does: their runs are
    interrupted, so that they can be closed.

    Returns:
        what devices gave, and the errors (UserError, CheckFailed, OSError) of those that failed.
    """
    if len(devices) == 1:
        return [work(devices[0], 0)], []
    done: list[T] = []
    failed: list[Exception] = []
    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            for future in [pool.submit(work, each, k) for k, each in enumerate(devices)]:
                try:
                    done.append(future.result())
                except (UserError, CheckFailed, OSError) as error:
                    failed.append(error)
        except BaseException:
            for each in devices:
                each.interrupt()
            raise
    return done, failed
