"""ONNX Runtime, whichever is installed; reads ``.onnx`` and ``.ort``."""

import calls
import onnxruntime


def load(files):
    sessions = {
        name: onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for name, path in files.items()
    }

    def call(part, inputs):
        session = sessions[part]
        names = [tensor.name for tensor in session.get_outputs()]
        return dict(zip(names, session.run(names, inputs), strict=True))

    return call


calls.main(onnxruntime.__version__, load)
