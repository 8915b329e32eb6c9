"""Work on several devices at once, and the checks that fail a profile at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from act_artefact.errors import CheckFailed, UserError
from act_profiling.devices import Device
from act_profiling.report.build import Report

T = TypeVar("T")


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


def failed_checks(report: Report) -> list[str]:
    """Name the variants whose golden check failed on the device, each with the reason."""
    device = report["device"]["name"]
    return [
        f"{variant['label']} on {device}: {variant['missing']}"
        for variant in report["variants"]
        if not variant["golden"]["passed"]
    ]
