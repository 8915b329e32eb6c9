"""``.npz`` files as numpy writes them and as it does not, for readers in other languages."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ARRAYS = {
    "numbers": np.arange(2000, dtype=np.float32).reshape(40, 50) / 2,
    "flags": np.array([False, True]),
    "steps": np.array([[1, 2], [-3, 4]], np.int32),
    "scalar": np.float32(0.25),
    "noise": np.random.default_rng(0).standard_normal(5000).astype(np.float32),
}
DEFLATED = {
    "level1": {"level": 1},
    "fixed": {"level": 9, "strategy": zlib.Z_FIXED},
    "literals": {"level": 9, "strategy": zlib.Z_HUFFMAN_ONLY},
}


def write_archives(folder: Path) -> Path:
    """Write ``good-*.npz``, which all hold ``ARRAYS``, and ``wrong-*.npz``; return the folder."""
    folder.mkdir()
    np.savez(folder / "good-stored.npz", allow_pickle=False, **ARRAYS)
    np.savez_compressed(folder / "good-deflated.npz", allow_pickle=False, **ARRAYS)
    files = {f"{name}.npy": _npy(array) for name, array in ARRAYS.items()}
    for name, options in DEFLATED.items():
        (folder / f"good-{name}.npz").write_bytes(_zip(files, options))
    (folder / "good-blocks.npz").write_bytes(_zip(files, {"level": 9}, before=_blocks(100_000)))
    for name, contents in _wrong().items():
        (folder / f"wrong-{name}.npz").write_bytes(contents)
    return folder


def _wrong() -> dict[str, bytes]:
    good = _npy(np.zeros((2, 2), np.float32))
    one = _zip({"a.npy": good})
    deflated = _zip({"a.npy": good}, {"level": 9})
    directory = one.index(b"PK\x01\x02")
    return {
        "empty": b"",
        "no-archive": bytes(200),
        "no-arrays": _zip({}),
        "text": _zip({"a.txt": b"abc"}),
        "short": _zip({"a.npy": good[:4]}),
        "in-header": _zip({"a.npy": good[:40]}),
        "version": _zip({"a.npy": good[:6] + b"\x02" + good[7:]}),
        "float64": _zip({"a.npy": _npy(np.zeros(1))}),
        "object": _zip({"a.npy": _header("|O", "(1,)") + bytes(8)}),
        "big-endian": _zip({"a.npy": _header(">f4", "(1,)") + bytes(4)}),
        "fortran": _zip({"a.npy": _npy(np.asfortranarray(np.zeros((2, 2), np.float32)))}),
        "too-few": _zip({"a.npy": _header("<f4", "(2,)") + bytes(4)}),
        "huge": _zip({"a.npy": _header("<f4", "(65536, 65536, 65536, 65536)") + bytes(4)}),
        "overflow": _zip({"a.npy": _header("<f4", "(2147483648, 2147483648)") + bytes(4)}),
        "negative": _zip({"a.npy": _header("<f4", "(-1,)") + bytes(4)}),
        "axes": _zip({"a.npy": _header("<f4", f"({'1, ' * 10})") + bytes(4)}),
        "truth": _zip({"a.npy": _header("|b1", "(1,)") + b"\x02"}),
        "twice": _zip({"a.npy": good, "b.npy": good}).replace(b"b.npy", b"a.npy"),
        "many": _zip({f"{i}.npy": good for i in range(4097)}),
        "bomb": _zip({"a.npy": _header("<f4", "(20000000,)") + bytes(80_000_000)}, {"level": 9}),
        "encrypted": one[: directory + 8] + b"\x01\x00" + one[directory + 10 :],
        "method": one[: directory + 10] + b"\x0c\x00" + one[directory + 12 :],
        "checksum": one.replace(struct.pack("<I", zlib.crc32(good)), bytes(4)),
        "size-claimed": deflated.replace(struct.pack("<I", len(good)), struct.pack("<I", 1 << 20)),
        "size-understated": deflated.replace(struct.pack("<I", len(good)), struct.pack("<I", 9)),
        "far": one[:-6] + struct.pack("<I", 0x7FFFFFF0) + one[-2:],
        "cut": one[: directory + 20] + one[-22:],
    }


def _npy(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def _header(dtype: str, shape: str) -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _blocks(count: int) -> bytes:
    """DEFLATE blocks with zlib's fixed codes and nothing in them, 10 bits each; 4 k of them."""
    assert count % 4 == 0
    # Lowest bit first: 0 for a block that is not the last, 01 for its kind, the end's 7 zeros.
    block = [0, 1, 0, *[0] * 7]
    return np.packbits(np.tile(np.uint8(block), count), bitorder="little").tobytes()


def _zip(
    files: dict[str, bytes], options: dict[str, int] | None = None, before: bytes = b""
) -> bytes:
    """An archive of files: stored, or deflated with zlib's ``options`` after ``before``."""
    local, directory = b"", b""
    for name, contents in files.items():
        packed = contents
        if options:
            stream = zlib.compressobj(wbits=-15, **options)
            packed = before + stream.compress(contents) + stream.flush()
        method = 8 if options else 0
        sizes = struct.pack("<III", zlib.crc32(contents), len(packed), len(contents))
        common = struct.pack("<HHHI", 20, 0, method, 0) + sizes
        start = len(local)
        local += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name.encode() + packed
        directory += (
            b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHHHI", len(name), 0, 0, 0, 0, 0)
        )
        directory += struct.pack("<I", start) + name.encode()
    count = len(files)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end
