"""Real packages to evaluate: programs of the MIL builder, saved by coremltools."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# Before coremltools, which must still be able to define the same protobuf messages after it.
from act_mil import Program

# coremltools announces at import which versions of other packages it was not tested with.
logging.getLogger("coremltools").setLevel(logging.CRITICAL)

import coremltools as ct  # noqa: E402
from coremltools.converters.mil import Builder as mb  # noqa: E402, N813
from coremltools.converters.mil.mil import Function, types  # noqa: E402
from coremltools.converters.mil.mil import Program as MILProgram  # noqa: E402

Build = Callable[..., Any]
Arrays = Mapping[str, np.ndarray]


@pytest.fixture(scope="session")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Save a converted model as a package of its own."""

    def save(model: Any) -> Path:
        path = tmp_path_factory.mktemp("saved") / "model.mlpackage"
        model.save(str(path))
        return path

    return save


@pytest.fixture(scope="session")
def convert() -> Callable[..., Any]:
    """Convert the program whose outputs ``build`` makes from inputs shaped like ``inputs``.

    ``build`` takes a Var for each input and returns the outputs by name. Outputs of types that a
    Core ML model cannot have (bool, narrow integers) leave the program as int32. No optimisation
    pass runs, so the saved ops are those that were built.
    """

    def convert(build: Build, inputs: Arrays, target: Any = ct.target.iOS18) -> Any:
        placeholders = {
            name: mb.placeholder(
                array.shape, types.numpy_type_to_builtin_type(array.dtype.type), name=name
            )
            for name, array in inputs.items()
        }
        with Function(placeholders, opset_version=target) as function:
            function.set_outputs(
                [
                    mb.identity(x=value, name=name)
                    if value.dtype in (types.fp32, types.fp16, types.int32)
                    else mb.cast(x=value, dtype="int32", name=name)
                    for name, value in build(**function.inputs).items()
                ]
            )
        program = MILProgram()
        program.add_function("main", function)
        return ct.convert(
            program,
            source="milinternal",
            convert_to="mlprogram",
            minimum_deployment_target=target,
            compute_precision=ct.precision.FLOAT32,
            pass_pipeline=ct.PassPipeline.EMPTY,
            skip_model_load=True,
        )

    return convert


@pytest.fixture(scope="session")
def save(convert: Callable[..., Any], save_model: Callable[[Any], Path]) -> Callable[..., Path]:
    """Convert as :func:`convert` does, and save the model."""

    def save(build: Build, inputs: Arrays, target: Any = ct.target.iOS18) -> Path:
        return save_model(convert(build, inputs, target))

    return save


@pytest.fixture(scope="session")
def run_cases(save: Callable[..., Path]) -> Callable[..., tuple[Program, dict[str, np.ndarray]]]:
    """Save all of a table's cases as the outputs of one program, and run it once."""
    done: dict[int, tuple[Program, dict[str, np.ndarray]]] = {}

    def run(
        cases: Mapping[str, Any], inputs: Arrays, target: Any = ct.target.iOS18
    ) -> tuple[Program, dict[str, np.ndarray]]:
        if id(cases) not in done:

            def build(**variables: Any) -> dict[str, Any]:
                return {f"case_{i}": case[0](**variables) for i, case in enumerate(cases.values())}

            program = Program(save(build, inputs, target))
            outputs = program.run(inputs)
            done[id(cases)] = program, dict(zip(cases, outputs.values(), strict=True))
        return done[id(cases)]

    return run


@pytest.fixture(scope="session")
def infer() -> Callable[[Build, Arrays], np.ndarray]:
    """Return coremltools' own evaluation of an op on constants (its value inference)."""

    def infer(build: Build, inputs: Arrays) -> np.ndarray:
        values = []

        @mb.program(input_specs=[mb.TensorSpec((1,))], opset_version=ct.target.iOS18)
        def constants(unused: Any) -> Any:
            values.append(build(**inputs).val)
            return mb.identity(x=unused)

        return np.asarray(values[0])

    return infer
