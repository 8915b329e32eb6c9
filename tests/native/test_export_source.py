"""The engine in a C program: the one in docs/native.md, and a model as C source."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_artefact.errors import UserError
from act_export import export
from act_export.api import Options
from act_export.targets.native import write_source
from act_mobile import load_model
from tests.native.conftest import ENGINE

DOCS = (ENGINE.parents[1] / "docs" / "native.md").read_text()
PROGRAM, IMAGE, MEMORY = re.findall(r"```c\n(.*?)```", DOCS, re.DOTALL)
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror")
X = (3 * np.random.default_rng(1).standard_normal((30, 3))).astype(np.float32)

ModelFile = Callable[..., Path]


@pytest.fixture
def model_file(tmp_path: Path) -> ModelFile:
    from act_mobile import save_model
    from tests.export.conftest import pondering

    def save(**config: Any) -> Path:
        path = tmp_path / "my-model.pt"
        save_model(path, pondering(**config))
        return path

    return save


def compiled(folder: Path, program: str, *rest: str | Path) -> Path:
    (folder / "program.c").write_text(program)
    command = ["cc", *STRICT, f"-I{ENGINE}", f"-I{folder / 'out'}", folder / "program.c", *rest]
    done = subprocess.run(
        [*map(str, command), "-o", str(folder / "program"), "-lm"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "program"


def answers(program: Path, cwd: Path) -> npt.NDArray[np.float64]:
    """y and N of every time step of X."""
    lines = "\n".join(" ".join(str(value) for value in row) for row in X)
    done = subprocess.run(
        [program], cwd=cwd, input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.array([line.split() for line in done.stdout.splitlines()], float)


def check(found: npt.NDArray[np.float64], path: Path) -> None:
    with torch.no_grad():
        expected = load_model(path)(torch.from_numpy(X)[None])
    np.testing.assert_allclose(found[:, :2], expected.output[0], atol=1e-5)
    assert found[:, 2].tolist() == expected.ponder.steps[0, :, 0].tolist()
    assert len(set(found[:, 2])) > 1


def test_the_program_in_the_docs(model_file: ModelFile, tmp_path: Path) -> None:
    path = model_file()
    (done,) = export(path, "native", output=tmp_path / "out", options=Options(samples=20))
    assert len(PROGRAM.splitlines()) <= 20
    program = compiled(tmp_path, PROGRAM, *sorted(ENGINE.glob("*.c")))
    done.path.rename(tmp_path / "model.actn")
    check(answers(program, tmp_path), path)

    (tmp_path / "model.actn").write_bytes(b"no model")
    failed = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "actn" in failed.stderr


def test_the_image_in_the_docs(model_file: ModelFile, tmp_path: Path) -> None:
    (done,) = export(model_file(), "native", output=tmp_path / "out", options=Options(samples=20))
    program = PROGRAM.replace("status = act_step(context, x, y);", IMAGE)
    assert program != PROGRAM
    sized = program.replace("float x[3]", "int height = 1, width = 1;\n  float x[3]")
    built = compiled(tmp_path, sized, *sorted(ENGINE.glob("*.c")))
    done.path.rename(tmp_path / "model.actn")  # which reads no images
    refused = subprocess.run(
        [built], cwd=tmp_path, input="1 2 3", capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "images" in refused.stderr


def test_a_model_as_c_source(model_file: ModelFile, tmp_path: Path, engine_library: Path) -> None:
    path = model_file(cell="gru", hidden_size=17)
    options = Options(samples=20, emit_c=True)
    (done,) = export(path, "native", output=tmp_path / "out", options=options)
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {
        "my-model.actn", "my-model.c", "my-model.h", "my-model.manifest.json",
        "my-model.golden.npz", "my-model.card.md",
    }  # fmt: skip
    for suffix in (".c", ".h"):
        assert done.manifest.sha256 in done.path.with_suffix(suffix).read_text()
    done.path.unlink()  # from here on there is no file

    program = PROGRAM.replace('act_open("model.actn", &model)', MEMORY.strip())
    program = '#include "my-model.h"\n' + program.replace("model_actn", "my_model_actn")
    assert "my_model_actn_size" in program
    check(
        answers(compiled(tmp_path, program, done.path.with_suffix(".c"), engine_library), tmp_path),
        path,
    )


def test_the_array_is_the_file(tmp_path: Path) -> None:
    contents = bytes(range(256)) * 2
    (tmp_path / "3 nets.actn").write_bytes(contents)
    write_source(tmp_path / "3 nets.actn")
    source, header = ((tmp_path / f"3 nets.{suffix}").read_text() for suffix in "ch")
    numbers = re.search(r"_3_nets_actn\[512\] = \{(.*)\};", source, re.DOTALL)
    assert numbers is not None
    assert bytes(int(each) for each in numbers[1].split(",")) == contents
    assert "extern const unsigned char _3_nets_actn[];" in header
    assert str(tmp_path) not in source + header


def test_all_or_none(
    model_file: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        write_source(path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("act_export.targets.native.write_source", full)
    with pytest.raises(UserError, match="No space left on device: make room"):
        export(
            model_file(), "native", output=tmp_path / "out",
            options=Options(samples=20, emit_c=True),
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
