"""Files of ``torch.save`` from outside, and the plain types in them; no code of theirs is run."""

from __future__ import annotations

import functools
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from act_artefact.archive import Archive, BadArchive
from act_artefact.errors import UserError, escaped, shown
from act_artefact.files import opened
from act_mobile.unpickle import Foreign, unpickle

MAX_BYTES = 2 << 30
"""The largest model file that is read, and the largest model that is made of one."""

MAX_PICKLE = 4 << 20
"""Bytes of its pickle, which has about 150 for each weight."""

MAX_ENTRIES = 1 << 15

PICKLE = "/data.pkl"

MAX_DEPTH = 8
MAX_SIZE = 1 << 20
"""Values, and characters of text, of plain types: a pickle can hold a value many times."""


def read_tensors(path: Path) -> Any:
    """Read a file of ``torch.save``.

    Returns:
        Dicts, lists, tuples, plain values and dense tensors, which lie within what the file holds.

    Raises:
        UserError: the file is missing, no regular file, too large, damaged, or holds code or
            objects of any other kind.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise UserError(f"{path}: holds {size} bytes, more than the {MAX_BYTES} that are read")
        try:
            # torch.save never compresses, so that nothing can be larger than its file.
            archive = Archive(
                file, limit=size, entries=MAX_ENTRIES, compression=(zipfile.ZIP_STORED,)
            )
        except BadArchive as error:
            raise UserError(
                f"{path}: not a torch file, or cut short ({escaped(str(error))}): copy it again, "
                "or save it with act_mobile.save_model"
            ) from None
        try:
            return _contents(archive)
        except Foreign:
            raise UserError(
                f"{path}: holds code or objects besides tensors and plain types, which are not "
                "loaded: save it with act_mobile.save_model"
            ) from None
        except (BadArchive, ValueError) as error:
            reason = escaped(str(error))
            raise UserError(f"{path}: damaged, cannot be read ({reason}): copy it again") from None


def _contents(archive: Archive) -> Any:
    sizes = archive.sizes
    pickles = [name for name in sizes if name.endswith(PICKLE)]
    if len(pickles) != 1:
        raise BadArchive(f"it has {len(pickles)} entries data.pkl, not one")
    if sizes[pickles[0]] > MAX_PICKLE:
        raise BadArchive(f"its data.pkl is larger than the {MAX_PICKLE} bytes that are read")
    root = pickles[0].removesuffix(PICKLE)
    order = f"{root}/byteorder"
    if order in sizes and archive.read(order, len("little")).tobytes() != b"little":
        raise BadArchive("its numbers are not little-endian")

    @functools.cache
    def record(key: str) -> Tensor:
        name = f"{root}/data/{key}"
        if name not in sizes:
            raise ValueError(f"there is no storage {key!r}")
        # torch aligns what it allocates, and numpy does not.
        return torch.tensor(archive.read(name))

    return unpickle(archive.read(pickles[0]).tobytes(), record)


def plain(value: Any) -> Any:
    """Copy a value of JSON's types: finite numbers, texts, None, lists, and dicts with text keys.

    Raises:
        ValueError: anything else is in it, it is nested more than 8 levels deep, or, written out,
            it has more than a million values and characters.
    """
    left = MAX_SIZE

    def take(size: int) -> None:
        nonlocal left
        left -= size
        if left < 0:
            raise ValueError(f"of more than {MAX_SIZE} values and characters")

    def copy(value: Any, depth: int) -> Any:
        take(1)
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
        if type(value) is dict:
            return {copy_key(key): copy(each, depth + 1) for key, each in value.items()}
        if type(value) is list:
            return [copy(each, depth + 1) for each in value]
        if type(value) is str:
            take(len(value))
        elif not (value is None or _is_number(value)):
            raise ValueError(f"not of plain types: {shown(value)}")
        return value

    def copy_key(key: Any) -> str:
        if type(key) is not str:
            raise ValueError(f"not of plain types: a dict with the key {shown(key)}")
        take(len(key))
        return key

    return copy(value, 0)


def _is_number(value: Any) -> bool:
    if type(value) is int:
        return value.bit_length() < 64
    return type(value) is bool or (type(value) is float and math.isfinite(value))
