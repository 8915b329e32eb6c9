"""OpenVINO on the CPU, which reads both formats."""

from tests.clients.clients.pythonic import PythonClient

VERSION = "2026.4.1"

CLIENTS = tuple(
    PythonClient(
        name="OpenVINO",
        version=VERSION,
        target=target,
        program="run_openvino.py",
        requirements=(f"openvino=={VERSION}",),
    )
    for target in ("onnx", "tflite")
)
