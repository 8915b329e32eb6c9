"""Every output of a TFLite signature is a tensor of its own, as LiteRT's newer API needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.interpreter import Interpreter

from act_artefact.driver import drive
from act_export import export
from act_export.api import Options

ModelFile = Callable[..., Path]
Arrays = dict[str, np.ndarray[Any, Any]]


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_host_form_in_the_compiled_model(
    model_file: ModelFile, tmp_path: Path, precision: str
) -> None:
    """The state and the loop's first values pass through ``begin``, two of them equal."""
    path = model_file(cell="gru", num_layers=2)
    options = Options(ponder="host", precision=precision, samples=20)
    (done,) = export(path, "tflite", output=tmp_path / "out", options=options)
    parts = {part.name: part for part in done.manifest.parts}
    interpreter = Interpreter(str(done.path))
    for name in parts:
        runner = interpreter.get_signature_runner(name)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        tensors = [t["index"] for t in (*inputs.values(), *outputs.values())]
        assert len(set(tensors)) == len(tensors), name

    model = CompiledModel.from_file(str(done.path))
    for name, names in model.get_signature_list().items():
        assert set(names["outputs"]) == set(parts[name].outputs)
    shapes = {name: interpreter.get_signature_runner(name).get_output_details() for name in parts}

    def call(name: str, values: Arrays) -> Arrays:
        given = {key: model.create_input_buffer_by_name(name, key) for key in values}
        for key, buffer in given.items():
            buffer.write(np.ascontiguousarray(values[key]))
        answer = {key: model.create_output_buffer_by_name(name, key) for key in shapes[name]}
        model.run_by_name(name, given, answer)
        return {
            key: answer[key].read(int(np.prod(t["shape"])), t["dtype"]).reshape(t["shape"])
            for key, t in shapes[name].items()
        }

    golden = np.load(done.path.with_name("model.golden.npz"))
    for row in range(5):
        inputs = {t.name: golden[t.name][row] for t in done.manifest.interface.inputs}
        answer = drive(done.manifest.parts, inputs, call)
        for tensor in done.manifest.interface.outputs:
            expected = golden[tensor.name][row]
            np.testing.assert_allclose(answer[tensor.name], expected, atol=5e-3)
