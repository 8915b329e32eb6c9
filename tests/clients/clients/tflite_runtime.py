"""The last tflite-runtime, which LiteRT followed in 2023; its wheels end with Python 3.11."""

from tests.clients.clients.pythonic import PythonClient

CLIENT = PythonClient(
    name="tflite-runtime",
    version="2.14.0",
    target="tflite",
    program="run_tflite.py",
    requirements=("tflite-runtime==2.14.0", "numpy<2"),
    python="3.11",
)
