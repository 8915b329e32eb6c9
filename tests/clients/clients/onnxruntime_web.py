"""ONNX Runtime in a web page: its WebAssembly build, one thread."""

from tests.clients.clients.webpage import WebClient

CLIENT = WebClient(
    name="onnxruntime-web",
    version="1.30.0",
    target="onnx",
    package="onnxruntime-web",
    page="onnxruntime_web.html",
)
