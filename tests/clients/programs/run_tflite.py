"""TensorFlow's interpreter, or tflite-runtime's where TensorFlow is not installed."""

from importlib.metadata import version

import calls

try:
    from tflite_runtime.interpreter import Interpreter

    VERSION = version("tflite-runtime")
except ImportError:
    import tensorflow

    Interpreter = tensorflow.lite.Interpreter
    VERSION = tensorflow.__version__


def load(files):
    interpreter = Interpreter(files[""], num_threads=1)
    signatures = interpreter.get_signature_list()
    runners = {name: interpreter.get_signature_runner(name) for name in signatures}
    if len(runners) == 1:
        (runners[""],) = runners.values()
    return lambda part, inputs: runners[part](**inputs)


calls.main(VERSION, load)
