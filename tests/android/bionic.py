"""An Android x86_64 library made loadable by glibc, where it uses little of libc: for tests.

Its dynamic section asks for bionic's libraries by name and for symbols by bionic's versions. Both
kinds of entries become ones that a loader passes over; the process has the same symbols from glibc.
What it imports becomes weak, so that functions which are missing matter only when they are called.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_ENTRY = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")

_SHT_DYNAMIC, _SHT_DYNSYM = 6, 11
_DT_NEEDED, _DT_STRTAB = 1, 5
_DT_VERSIONS = (0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF)
"""VERSYM, VERNEED and VERNEEDNUM."""

_PASSED_OVER = 0x6FFFF000
"""In the range that is left to operating systems, and used by none."""

_WEAK = 2 << 4

_BIONIC = (b"libc.so", b"libm.so", b"libdl.so", b"liblog.so")


def for_glibc(library: bytes) -> bytes:
    """Return the library with its dynamic section and its imports changed."""
    changed = bytearray(library)
    for kind, start, size in _sections(library):
        if kind == _SHT_DYNAMIC:
            _change_needs(changed, range(start, start + size, _ENTRY.size))
        if kind == _SHT_DYNSYM:
            _weaken_imports(changed, range(start + _SYMBOL.size, start + size, _SYMBOL.size))
    return bytes(changed)


def _sections(library: bytes) -> Iterator[tuple[int, int, int]]:
    """Types, offsets and sizes."""
    header = _HEADER.unpack_from(library)
    for index in range(header[12]):
        section = _SECTION.unpack_from(library, header[6] + index * header[11])
        yield section[1], section[4], section[5]


def _change_needs(library: bytearray, places: range) -> None:
    entries = [_ENTRY.unpack_from(library, at) for at in places]
    # What a library begins with lies in memory as in the file.
    strings = next(value for tag, value in entries if tag == _DT_STRTAB)
    for at, (tag, value) in zip(places, entries, strict=True):
        name = strings + value
        needed = tag == _DT_NEEDED and library[name : library.index(0, name)] in _BIONIC
        if needed or tag in _DT_VERSIONS:
            _ENTRY.pack_into(library, at, _PASSED_OVER, value)


def _weaken_imports(library: bytearray, places: range) -> None:
    for at in places:
        name, info, other, section, value, size = _SYMBOL.unpack_from(library, at)
        if section == 0:
            _SYMBOL.pack_into(library, at, name, _WEAK | info & 15, other, section, value, size)
