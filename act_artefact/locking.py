"""Locks between processes, which end with the process that holds them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock for the block, waiting for whoever holds it.

    Args:
        path: the lock's file, which exists only while a process holds the lock or waits for it.
    """
    held = _hold(path)
    while not _is_current(path, held):  # removed by its last holder while this process waited
        os.close(held)
        held = _hold(path)
    try:
        yield
    finally:
        path.unlink()
        os.close(held)


@contextmanager
def taken(path: Path) -> Iterator[bool]:
    """Take a lock for the block, and yield whether it was free.

    Args:
        path: the lock's file, which stays.
    """
    lock = _open(path)
    try:
        yield _take(lock)
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _hold(path: Path) -> int:
    lock = _open(path)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _is_current(path: Path, lock: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(lock))
    except FileNotFoundError:
        return False
