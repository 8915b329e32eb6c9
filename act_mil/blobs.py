"""``weight.bin``: the blob storage (version 2) in which ML Programs keep large constants.

A 64-byte header (uint32 count, uint32 version, padding) is followed by entries at multiples of
64 bytes. An entry is a 64-byte record (uint32 sentinel 0xDEADBEEF, uint32 element type, uint64 size
in bytes, uint64 offset of the data, uint64 padding bits, padding) and the data, little-endian; a
value's file offset in the model is that of its record. Source: ``StorageFormat.hpp`` of
https://github.com/apple/coremltools/tree/main/mlmodel/src/MILBlob/Blob.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from act_mil.errors import MILError
from act_mil.types import SUB_BYTE_BITS, TensorType

_HEADER = struct.Struct("<II")
_RECORD = struct.Struct("<IIQQQ")
_SENTINEL = 0xDEADBEEF
_VERSION = 2

# BlobDataType; bfloat16 (5) and the two float8 types (16, 17) occur in no op of MIL.
_ELEMENTS = {
    1: "FLOAT16",
    2: "FLOAT32",
    3: "UINT8",
    4: "INT8",
    6: "INT16",
    7: "UINT16",
    8: "INT4",
    9: "UINT1",
    10: "UINT2",
    11: "UINT4",
    12: "UINT3",
    13: "UINT6",
    14: "INT32",
    15: "UINT32",
}


@dataclass(frozen=True)
class BlobFile:
    """One weight file, held in memory."""

    path: Path
    data: bytes

    @classmethod
    def load(cls, path: Path) -> BlobFile:
        """Read a weight file.

        Raises:
            MILError: if the file is missing or is not blob storage of version 2.
        """
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            raise MILError(f"{path}: cannot read the weights: {error}") from error
        if len(data) < _HEADER.size:
            raise MILError(f"{path}: truncated, {len(data)} bytes")
        _, version = _HEADER.unpack_from(data)
        if version != _VERSION:
            raise MILError(f"{path}: blob storage version {version}, only {_VERSION} is known")
        return cls(path, data)

    def read(self, offset: int, declared: TensorType) -> np.ndarray:
        """Return the blob whose record is at ``offset`` as a flat array of ``declared``'s dtype.

        Raises:
            MILError: if the record is damaged, or is not one of ``declared``'s element type and
                size.
        """
        where = f"{self.path}: blob at offset {offset}"
        if offset + _RECORD.size > len(self.data):
            raise MILError(f"{where}: past the end of the file ({len(self.data)} bytes)")
        sentinel, kind, size, start, padding = _RECORD.unpack_from(self.data, offset)
        if sentinel != _SENTINEL:
            raise MILError(f"{where}: no blob starts here (sentinel {sentinel:#010x})")
        element = _ELEMENTS.get(kind, f"of unknown type {kind}")
        if element != declared.element:
            raise MILError(f"{where}: elements are {element}, the model says {declared.element}")
        count = int(np.prod(declared.static_shape or (), dtype=np.int64))
        bits = SUB_BYTE_BITS.get(element, 8 * declared.dtype.itemsize)
        if size != -(-count * bits // 8) or padding != 8 * size - count * bits:
            raise MILError(f"{where}: {size} bytes ({padding} bits unused) are not {declared}")
        if start + size > len(self.data):
            raise MILError(f"{where}: data runs past the end of the file")
        raw = self.data[start : start + size]
        if element in SUB_BYTE_BITS:
            return unpack_bits(raw, bits, count, signed=element == "INT4")
        stored = np.frombuffer(raw, declared.dtype.newbyteorder("<"))
        return stored.astype(declared.dtype, copy=False)


def unpack_bits(data: bytes, bits: int, count: int, *, signed: bool = False) -> np.ndarray:
    """Unpack ``count`` integers of ``bits`` bits each (at most 8), lowest bit first.

    Returns:
        A flat array: int8 (two's complement) where ``signed``, else uint8.

    Raises:
        MILError: if ``data`` is too short.
    """
    flat = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    if flat.size < count * bits:
        raise MILError(f"{len(data)} bytes hold fewer than {count} elements of {bits} bits")
    digits = flat[: count * bits].reshape(count, bits)
    values = digits @ (1 << np.arange(bits, dtype=np.int16))
    if signed:
        return np.where(values >> (bits - 1), values - (1 << bits), values).astype(np.int8)
    return values.astype(np.uint8)
