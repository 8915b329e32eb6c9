"""TensorFlow's own interpreter: over a gigabyte to install."""

from tests.clients.clients.pythonic import PythonClient

CLIENT = PythonClient(
    name="TensorFlow",
    version="2.21.0",
    target="tflite",
    quick=False,
    program="run_tflite.py",
    requirements=("tensorflow-cpu==2.21.0",),
)
