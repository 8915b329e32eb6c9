"""Files of torch.save, read as data: what torch writes comes back, and nothing else gets in."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import time
import tracemalloc
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from act_artefact.errors import UserError
from act_mobile.reading import MAX_BYTES, MAX_PICKLE, plain, read_tensors
from act_mobile.unpickle import Foreign, unpickle

FLOATS = b"((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\4tQ"
"""A mark, and the storage of four elements that is called 0."""

REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
DICT = b"ccollections\nOrderedDict\n)R"


def archive(path: Path, program: bytes, method: int = zipfile.ZIP_STORED, **others: bytes) -> Path:
    """A file as torch.save writes it, of this pickle and a storage of four numbers."""
    entries = {"data.pkl": program, "byteorder": b"little", "data/0": bytes(16), **others}
    with zipfile.ZipFile(path, "w", method) as file:
        for name, contents in entries.items():
            file.writestr(f"model/{name}", contents)
    return path


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_tensors(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert len(message) < len(str(path)) + 250
    return message


def saved(value: Any, path: Path) -> Path:
    torch.save(value, path)
    return path


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3),
        torch.arange(6.0).reshape(2, 3).T,
        torch.arange(6.0)[2:5],
        torch.tensor(3.0),
        torch.zeros(0, 5),
        torch.zeros(3, dtype=torch.float16),
        torch.ones(3, dtype=torch.bfloat16),
        torch.ones(3, dtype=torch.float64),
        torch.tensor([True, False]),
        *(torch.arange(3).to(t) for t in (torch.uint8, torch.int8, torch.int16, torch.int32)),
        torch.tensor(-5),
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=lambda tensor: f"{tensor.dtype}{list(tensor.shape)}{list(tensor.stride())}",
)
def test_tensors_come_back(tmp_path: Path, tensor: torch.Tensor) -> None:
    back = read_tensors(saved({"a": tensor, "b": [tensor]}, tmp_path / "t.pt"))
    assert back.keys() == {"a", "b"}
    assert torch.equal(back["a"], tensor)
    assert back["a"].dtype == tensor.dtype
    assert back["a"] is back["b"][0]


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple)
        ),
    )
)
def test_plain_types_come_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.pt"
    assert read_tensors(saved(value, path)) == value


@pytest.mark.parametrize(
    "value",
    [
        Counter("aab"), b"bytes", bytearray(3), {1, 2}, 1j, torch.float32, torch.Size([1]),
        torch.device("cpu"), os.path.join, 10**3000, {(1, 2): 3}, {None: 1},
        torch.eye(2).to_sparse(), torch.eye(2).to_sparse_csr(), torch.zeros(2, device="meta"),
        torch.zeros(2, dtype=torch.complex64), torch.zeros(2, dtype=torch.float8_e5m2),
        torch._neg_view(torch.ones(2)), torch.nn.Linear(1, 1),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_all_else_is_foreign(tmp_path: Path, value: Any) -> None:
    assert "holds code or objects besides" in refused(saved([value], tmp_path / "t.pt"))


def test_other_protocols_are_foreign(tmp_path: Path) -> None:
    torch.save({"a": 1}, tmp_path / "t.pt", pickle_protocol=4)
    assert "holds code or objects besides" in refused(tmp_path / "t.pt")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (b"cbuiltins\nbytearray\n(\x8a\5\0\xe4\x0b\x54\2tR.", "holds code or objects"),
        (b"ctorch.hub\nload\n.", "holds code or objects"),
        (DICT + b"}X\3\0\0\0getctorch\nSize\nsb.", "holds code or objects"),
        (REBUILD + FLOATS + b"K\0K\4\x85K\1\x85\x89)tR}b.", "holds code or objects"),
        (b"N}b.", "holds code or objects"),
        (b"", "pickle exhausted before seeing STOP"),
        (b".", "takes what is not on its stack"),
        (b"t.", "takes what is not on its stack"),
        (b"h\5.", "takes what is not on its stack"),
        (b"K\1Q.", "names what is not a storage"),
        (FLOATS[1:].replace(b"\1\0\0\0000", b"\1\0\0\0001") + b".", "there is no storage '1'"),
        (FLOATS[1:].replace(b"K\4", b"K\5") + b".", "a storage claims 5 elements and has 16 bytes"),
        (b"NNs.", "takes what is not"),
        (b"NNNs.", "sets items of what is not a dict"),
        (b"}(Nu.", "sets items of what is not a dict"),
        (b"NNa.", "appends to what is not a list"),
        (b"N)R.", "calls what is not a function"),
        (b"ccollections\nOrderedDict\n(NtR.", "a dict is called with arguments"),
        (REBUILD + b"(NNNtR.", "a tensor has other parts"),
        (b"ctorch._utils\n_rebuild_parameter\n(N\x89)tR.", "a parameter is no tensor"),
    ],
    ids=repr,
)
def test_programs(tmp_path: Path, program: bytes, reason: str) -> None:
    assert reason in refused(archive(tmp_path / "t.pt", b"\x80\2" + program))


def number(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


@pytest.mark.parametrize(
    ("offset", "size", "stride", "reason"),
    [
        (0, (5,), (1,), "a tensor of shape (5,) in a storage of 4 elements"),
        (1, (4,), (1,), "a tensor of shape (4,) in a storage of 4 elements"),
        (0, (2, 2), (3, 1), "a tensor of shape (2, 2) in a storage of 4"),
        (0, (5,), (0,), "a tensor of shape (5,) in a storage of 4 elements"),
        (4, (), (), "a tensor of shape () in a storage of 4 elements"),
        (-1, (2,), (1,), "is not of whole numbers"),
        (0, (2,), (-1,), "is not of whole numbers"),
        (0, (-2,), (1,), "is not of whole numbers"),
        (0, (2,), (1, 1), "is not of whole numbers"),
        (0, (1,) * 65, (1,) * 65, "is not of whole numbers"),
        (0, (0, 1 << 40, 1 << 40), (1, 1, 1), "is not of whole numbers"),
        (0, (1,), (1 << 80,), "is not of whole numbers"),
        (1 << 80, (1,), (1,), "a tensor of shape (1,) in a storage of 4 elements"),
    ],
)
def test_tensors_lie_within_their_storage(
    tmp_path: Path, offset: int, size: tuple[int, ...], stride: tuple[int, ...], reason: str
) -> None:
    shape = b"".join(b"(" + b"".join(map(number, each)) + b"t" for each in (size, stride))
    program = REBUILD + FLOATS + number(offset) + shape + b"\x89)tR."
    assert reason in refused(archive(tmp_path / "t.pt", b"\x80\2" + program))


def test_what_programs_would_take_for_ever(tmp_path: Path) -> None:
    """Values that are small in memory, but not when they are hashed or printed."""
    doubled = b"q\0h\0\x86" * 60
    start = time.monotonic()
    for program in (b"}N" + doubled + b"Ns.", b"N" + doubled + b")R.", b"N" + doubled + b"Q."):
        refused(archive(tmp_path / "t.pt", b"\x80\2" + program))
    nested = read_tensors(archive(tmp_path / "t.pt", b"\x80\2N" + doubled + b"."))
    with pytest.raises(ValueError, match="not of plain types"):
        plain(nested)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "program",
    [b"]" * 200_000, b"(" * 200_000 + b"t" * 199_999, b"N" + b"\x85" * 200_000],
    ids=["lists", "marks", "tuples"],
)
def test_depth_costs_no_stack(tmp_path: Path, program: bytes) -> None:
    assert read_tensors(archive(tmp_path / "t.pt", b"\x80\2" + program + b".")) is not None


def test_a_mapping_is_a_dict_whatever_its_attributes(tmp_path: Path) -> None:
    value = OrderedDict(a=1)
    value.get = 5  # type: ignore[assignment, method-assign]
    assert type(read_tensors(saved(value, tmp_path / "t.pt"))) is dict


@pytest.fixture(scope="module")
def whole() -> bytes:
    stream = io.BytesIO()
    torch.save(torch.nn.BatchNorm1d(2).state_dict(), stream)
    return stream.getvalue()


@settings(max_examples=1000, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    path.write_bytes(damaged)
    with contextlib.suppress(UserError):
        read_tensors(path)


FRAGMENTS = [
    FLOATS, FLOATS[1:], REBUILD, DICT, b"ctorch._utils\n_rebuild_parameter\n", b"ctorch\nSize\n",
    REBUILD + FLOATS + b"K\0K\2\x85K\1\x85\x89}tR", b"q\0", b"h\0", b"X\1\0\0\0a", b"K\1",
    *(bytes([code]) for code in b"()}]N\x85\x86\x87tRbsuaeQ."),
]  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS)))
def test_any_program_ends(fragments: list[bytes]) -> None:
    with contextlib.suppress(Foreign, ValueError):
        unpickle(b"\x80\2" + b"".join(fragments) + b".", lambda _: torch.zeros(16).byte())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_files_are_not_read(tmp_path: Path, method: int) -> None:
    """A compressed file takes no memory, whatever it inflates to."""
    path = archive(tmp_path / "t.pt", b"\x80\2" + b"]" * (1 << 26) + b".", method)
    tracemalloc.start()
    try:
        assert "is compressed in a way that is not read" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_large_files_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "t.pt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert f"holds {MAX_BYTES + 1} bytes, more than the {MAX_BYTES}" in refused(path)
    archive(path, b"]" * (MAX_PICKLE + 1))
    assert "its data.pkl is larger than the 4194304 bytes" in refused(path)


def test_one_pickle_of_this_machine_s_byte_order(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.pt", b"N.", **{"more/data.pkl": b"N."})
    assert "2 entries data.pkl, not one" in refused(path)
    path = archive(path, b"N.", byteorder=b"big")
    assert "its numbers are not little-endian" in refused(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("notes.txt", "")
    assert "0 entries data.pkl" in refused(path)


def test_encrypted_files_are_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.pt", b"N.")
    contents = bytearray(path.read_bytes())
    struct.pack_into("<H", contents, contents.index(b"PK\1\2") + 8, 1)
    path.write_bytes(contents)
    assert "is encrypted" in refused(path)


def test_only_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pt")
    assert "is a FIFO, not a regular file" in refused(tmp_path / "fifo.pt")
    assert "is a device, not a regular file" in refused(Path("/dev/zero"))
    assert "no such file" in refused(tmp_path / "none.pt")


@pytest.mark.parametrize("make", [list, dict])
def test_plain_counts_what_is_written_out(make: Callable[..., Any]) -> None:
    value: Any = "x" * 1000
    for _ in range(5):
        value = [value] * 10 if make is list else {str(i): value for i in range(10)}
    with pytest.raises(ValueError, match="of more than 1048576 values and characters"):
        plain(value)
