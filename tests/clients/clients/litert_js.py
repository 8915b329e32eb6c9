"""LiteRT in a web page: its WebAssembly build, on the CPU."""

from tests.clients.clients.webpage import WebClient

CLIENT = WebClient(
    name="LiteRT.js",
    version="2.5.3",
    target="tflite",
    package="@litertjs/core",
    page="litert.html",
)
