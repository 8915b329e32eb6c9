"""OpenVINO on the CPU; reads ``.onnx`` and ``.tflite``."""

import calls
import openvino

SIGNATURE = "serving_default_"
"""Begins the names of a TFLite file's tensors; OpenVINO reads those, and no signatures."""


def names(port):
    """The name of an input or output in the manifest, and the port's own."""
    own = port.any_name
    return own.removeprefix(SIGNATURE).removesuffix("_output" if SIGNATURE in own else ""), own


def load(files):
    core = openvino.Core()
    # Where the processor has bfloat16, OpenVINO computes in it unless told otherwise.
    core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    models = {name: core.compile_model(path, "CPU") for name, path in files.items()}

    def call(part, inputs):
        if part not in models:
            raise ValueError(f"reads no signature {part}")
        model = models[part]
        known = dict(map(names, model.inputs))
        answer = model({known.get(name, name): value for name, value in inputs.items()})
        return {names(port)[0]: answer[port] for port in model.outputs}

    return call


calls.main(openvino.__version__, load)
