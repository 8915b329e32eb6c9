"""Class files: the members of Android's classes that a jar's classes name."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

Reference = tuple[str, str, str]
"""The class, name and descriptor of a method or field, as class files have them."""

_UTF8, _LONG, _DOUBLE, _HANDLE = 1, 5, 6, 15
_ONE_INDEX = (7, 8, 16, 19, 20)
_MEMBERS = (9, 10, 11)
"""Kinds of entries of a constant pool."""


def references(jar: Path) -> Iterator[Reference]:
    """Members of Android's classes that the classes of a jar name; of its own, those inherited."""
    with zipfile.ZipFile(jar) as archive:
        classes = [_Class(archive.read(n)) for n in archive.namelist() if n.endswith(".class")]
    own = {each.name: each for each in classes}
    for each in classes:
        for named, *member in each.references:
            owner = named
            while owner in own and tuple(member) not in own[owner].members:
                owner = own[owner].parent
            if owner.startswith("android/"):
                yield owner, member[0], member[1]


class _Class:
    """A class file: its name, parent, members, and the members that its constant pool names."""

    def __init__(self, data: bytes) -> None:
        count = struct.unpack_from(">H", data, 8)[0]
        pool: list[tuple[int, int, int] | str | None] = [None] * count
        at, index = 10, 1
        while index < count:
            tag = data[at]
            if tag == _UTF8:
                size = struct.unpack_from(">H", data, at + 1)[0]
                pool[index] = data[at + 3 : at + 3 + size].decode("utf-8", "replace")
                at += 3 + size
            elif tag in _ONE_INDEX:
                pool[index] = (tag, struct.unpack_from(">H", data, at + 1)[0], 0)
                at += 3
            elif tag == _HANDLE:
                at += 4
            else:
                pool[index] = (tag, *struct.unpack_from(">HH", data, at + 1))
                wide = tag in (_LONG, _DOUBLE)
                at += 9 if wide else 5
                index += wide
            index += 1
        self._pool = pool
        _, this, parent, interfaces = struct.unpack_from(">HHHH", data, at)
        self.name, self.parent = self._class(this), self._class(parent) if parent else ""
        self.members = set(self._members(data, at + 8 + 2 * interfaces))
        self.references = [
            (self._class(entry[1]), *self._name_and_type(entry[2]))
            for entry in pool
            if isinstance(entry, tuple) and entry[0] in _MEMBERS
        ]

    def _text(self, index: int) -> str:
        text = self._pool[index]
        assert isinstance(text, str)
        return text

    def _class(self, index: int) -> str:
        entry = self._pool[index]
        assert isinstance(entry, tuple)
        return self._text(entry[1])

    def _name_and_type(self, index: int) -> tuple[str, str]:
        entry = self._pool[index]
        assert isinstance(entry, tuple)
        return self._text(entry[1]), self._text(entry[2])

    def _members(self, data: bytes, at: int) -> Iterator[tuple[str, str]]:
        for _ in ("fields", "methods"):
            count = struct.unpack_from(">H", data, at)[0]
            at += 2
            for _ in range(count):
                _, name, descriptor, attributes = struct.unpack_from(">HHHH", data, at)
                yield self._text(name), self._text(descriptor)
                at += 8
                for _ in range(attributes):
                    at += 6 + struct.unpack_from(">I", data, at + 2)[0]
