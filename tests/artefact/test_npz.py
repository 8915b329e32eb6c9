"""``.npz`` files from strangers: read as numpy reads them, or refused in one line at once."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from act_artefact.errors import UserError
from act_artefact.npz import read_npz

quick = settings(max_examples=200, deadline=None)


def refused(path: Path, **keywords: Any) -> str:
    with pytest.raises(UserError) as caught:
        read_npz(path, **keywords)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """A member whose header is ``text``."""
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text.encode("latin-1") + data


def described(descr: str, shape: str, data: bytes = b"") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n", data)


def write(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, contents in members:
            archive.writestr(name, contents)
    return path


def patched(path: Path, name: str, at: int, form: str, value: int) -> None:
    """Change a field of an entry's record in an archive's directory."""
    contents = bytearray(path.read_bytes())
    record = contents.rfind(b"PK\1\2", 0, contents.rfind(name.encode()))
    struct.pack_into(form, contents, record + at, value)
    path.write_bytes(contents)


plain = st.sampled_from("?bhilBHILefd").flatmap(
    lambda code: st.sampled_from("<>").map(lambda order: np.dtype(order + code))
)


@quick
@given(
    data=st.dictionaries(
        st.from_regex(r"[a-z_0-9]{1,8}", fullmatch=True),
        arrays.arrays(plain, arrays.array_shapes(min_dims=0, min_side=0)),
    ),
    fortran=st.booleans(),
    compressed=st.booleans(),
)
def test_reads_what_numpy_writes(
    tmp_path_factory: pytest.TempPathFactory,
    data: dict[str, Any],
    fortran: bool,
    compressed: bool,
) -> None:
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    if fortran:
        data = {name: np.asfortranarray(array) for name, array in data.items()}
    members = {name: np.asarray(array) for name, array in data.items()}
    (np.savez_compressed if compressed else np.savez)(path, allow_pickle=False, **members)
    read = read_npz(path)
    assert read.keys() == members.keys()
    for name, array in read.items():
        np.testing.assert_array_equal(array, members[name])
        assert array.shape == members[name].shape
        assert array.dtype == members[name].dtype.newbyteorder("=")
        assert array.dtype.isnative
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_a_text_is_a_scalar(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, metric="accuracy")
    assert str(read_npz(path)["metric"]) == "accuracy"
    np.savez(path, metric=["accuracy"])
    assert "is text, of shape (1,), not a scalar" in refused(path)


@pytest.fixture(scope="module")
def whole() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(
        stream, x=np.linspace(0, 1, 40, dtype=np.float32), mask=np.ones(5, bool), metric="mse"
    )
    return stream.getvalue()


@settings(max_examples=1000, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    """Bytes that are changed, lost or added end in a refusal or in arrays, never otherwise."""
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(damaged)
    with contextlib.suppress(UserError):
        assert all(array.dtype.kind in "biufU" for array in read_npz(path).values())


@settings(max_examples=500, deadline=None)
@given(
    text=st.one_of(
        st.text(st.characters(max_codepoint=255), max_size=60),
        st.text("(){}[]'\",:L0123456789<f4 descrshape", max_size=60),
        st.builds(
            "{{'descr': {}, 'fortran_order': {}, 'shape': {}}}".format,
            st.recursive(
                st.sampled_from(["'<f4'", "'<f4,<f4'", "'O'", "4", "()", "'<U0'", "'('"]),
                lambda inner: st.lists(inner, max_size=3).map(lambda many: f"({','.join(many)})"),
            ),
            st.sampled_from(["False", "0"]),
            st.sampled_from(["()", "(0,)", "(-1,)", "(9**99, 0)", "(1.0,)", "[1]", "(True,)"]),
        ),
    )
)
def test_any_header_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "header.npz"
    write(path, ("a.npy", header(text, bytes(4))))
    with contextlib.suppress(UserError):
        read_npz(path)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (npy([1, 2])[:-1], "claims shape (2,) of int64 and has 143 bytes"),
        (npy([1, 2]) + b"\0", "claims shape (2,) of int64 and has 145 bytes"),
        (described("'<f4'", "(1000000000000,)", bytes(8)), "claims shape (1000000000000,)"),
        (described("'<f4'", "(1099511627777, 0)"), "has an impossible shape"),
        (described("'<f4'", "(2, -2)", bytes(16)), "has an impossible shape"),
        (described("'|O'", "()", bytes(8)), "is of type object, not of numbers"),
        (described("[('a', '<f4')]", "()", bytes(4)), "not of numbers"),
        (described("('<f4', (2,))", "()", bytes(8)), "not of numbers"),
        (described("'<c8'", "()", bytes(8)), "is of type complex64, not of numbers"),
        (described("'<U1'", "()", b"\xff\xff\xff\xff"), "are no character's"),
        (described("'<U0'", "()"), "not of numbers"),
        (described("'|b1'", "(2,)", b"\1\2"), "neither true nor false"),
        (header("{'descr': '<f4', 'shape': (1,)\n", bytes(4)), "has no header of an array"),
        (header("(" * 3000), "has no header of an array"),
        (header("{" + " " * 5000 + "}"), "has no header of an array"),
        (header("", version=b"\3\0"), "is of a version that is not read"),
        (b"not numpy's", "has no header of an array"),
        (b"", "has no header of an array"),
    ],
)
def test_members_that_are_no_plain_array(tmp_path: Path, member: bytes, reason: str) -> None:
    message = refused(write(tmp_path / "a.npz", ("x.npy", member)))
    assert "not a readable .npz of plain arrays (" in message
    assert reason in message


def test_a_header_may_be_of_the_second_version(tmp_path: Path) -> None:
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"
    path = write(tmp_path / "a.npz", ("x.npy", header(text, bytes(4), version=b"\2\0")))
    assert read_npz(path)["x"].tolist() == [0.0]


def test_names(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    assert "entry 'notes.txt' is no .npy" in refused(write(path, ("notes.txt", npy(1))))
    assert r"entry 'a\x1b[31m.npy' has control" in refused(write(path, ("a\x1b[31m.npy", npy(1))))
    with pytest.warns(UserWarning, match="Duplicate name"):
        write(path, ("x.npy", npy(1)), ("x.npy", npy(2)))
    assert "two entries of one name" in refused(path)
    write(path, ("xxxx.npy", npy(1)))
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"x\0xx"))
    assert r"entry 'x\x00xx.npy' has control characters" in refused(path)


def test_what_cannot_be_read_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.save(tmp_path / "a.npy", [1, 2])
    assert "File is not a zip file" in refused(tmp_path / "a.npy")
    write(path, ("x.npy", npy(1)), method=zipfile.ZIP_LZMA)
    assert "compressed in a way that is not read" in refused(path)
    write(path, ("x.npy", npy(1)))
    patched(path, "x.npy", 8, "<H", 1)
    assert "entry 'x.npy' is encrypted" in refused(path)
    write(path, ("x.npy", npy(1)))
    path.write_bytes(path.read_bytes()[:-30])
    assert "not a readable .npz" in refused(path)


def test_damaged_data(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    member = npy(np.arange(1000))
    write(path, ("x.npy", member))
    whole = bytearray(path.read_bytes())
    whole[500] ^= 1
    path.write_bytes(whole)
    assert "Bad CRC-32" in refused(path)
    write(path, ("x.npy", member), method=zipfile.ZIP_DEFLATED)
    whole = bytearray(path.read_bytes())
    whole[300:400] = b"\xff" * 100
    path.write_bytes(whole)
    assert "Error -3 while decompressing data" in refused(path)


def test_sizes_are_known_before_anything_is_read(tmp_path: Path) -> None:
    """A small file that inflates to much, or says so, costs little memory."""
    path = tmp_path / "a.npz"
    write(path, ("x.npy", npy(np.zeros(1 << 23))), method=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 17
    tracemalloc.start()
    try:
        assert "more than the 1048576 that are read" in refused(path, limit=1 << 20)
        patched(path, "x.npy", 24, "<I", 4_000_000_000)
        assert "holds 4000000000 bytes, more than the 1073741824" in refused(path)
        patched(path, "x.npy", 24, "<I", 200)  # less than it inflates to
        assert "not a readable .npz" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


def test_entries_that_share_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write(path, ("x.npy", bytes(1000)))
    patched(path, "x.npy", 20, "<I", 5000)
    patched(path, "x.npy", 24, "<I", 5000)
    assert "entries overlap, or it is cut short" in refused(path)


def test_a_directory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write(path, *((f"{i}.npy", b"") for i in range(4097)))
    assert "has 4097 entries, more than the 4096" in refused(path)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 5 << 20, 0, 0)
    path.write_bytes(bytes(5 << 20) + end)
    assert "directory is larger than" in refused(path)


def test_reasons_are_short_and_print(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", ("x" * 9000 + "\x1b\u202e", b""))
    message = refused(path)
    assert len(message) < len(str(path)) + 150
    assert message.isprintable()


def test_only_regular_files(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.npz")
    os.mkfifo(tmp_path / "fifo.npz")
    assert "is a FIFO, not a regular file" in refused(tmp_path / "fifo.npz")
    np.savez(tmp_path / "a.npz", x=[1])
    (tmp_path / "link.npz").symlink_to("a.npz")
    assert read_npz(tmp_path / "link.npz")["x"].tolist() == [1]
    assert "is a symbolic link" in refused(tmp_path / "link.npz", follow=False)
