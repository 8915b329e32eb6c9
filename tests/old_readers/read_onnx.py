"""Answer a golden bundle with whatever ONNX Runtime is installed: model, bundle, answers."""

import sys

import numpy
import onnxruntime

model, bundle, answers = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
golden = numpy.load(bundle)
names = [tensor.name for tensor in session.get_outputs()]
inputs = [tensor.name for tensor in session.get_inputs()]
calls = [
    session.run(names, {name: golden[name][call] for name in inputs})
    for call in range(len(golden[inputs[0]]))
]
found = {name: numpy.stack([call[at] for call in calls]) for at, name in enumerate(names)}
numpy.savez(answers, **found)
print(onnxruntime.__version__)
