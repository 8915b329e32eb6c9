"""The demo's modules, their tests and what stands in for Android's own, compiled for the JVM."""

from __future__ import annotations

import importlib.util
import os
import shutil
from functools import cache as once
from pathlib import Path

from act_profiling.libraries import installed_library
from tests.android.apk import linked
from tests.android.jni import act_jni
from tests.android.toolchain import JAVA, debian_jars, java_jar, kotlin_jar, onnxruntime

CHECKOUT = Path(__file__).parents[2]
DEMO = CHECKOUT / "android_demo"
ENGINE_KOTLIN = CHECKOUT / "native" / "engine" / "bindings" / "kotlin"
HERE = Path(__file__).parent
MAIN = "src/main/kotlin"


@once
def act() -> Path:
    """The library alone: against nothing but Kotlin's own."""
    return kotlin_jar("act", [DEMO / "act" / MAIN])


@once
def litert() -> Path:
    """LiteRT's Kotlin interface over the desktop's library."""
    return kotlin_jar("litert", [HERE / "jvm" / "litert"], [JAVA / "jna.jar"])


@once
def framework() -> Path:
    """The classes of Android that the demo uses, with bodies for the JVM."""
    return java_jar("framework", [HERE / "jvm" / "framework"])


@once
def act_android() -> Path:
    sources = [DEMO / "act-android" / MAIN, ENGINE_KOTLIN]
    return kotlin_jar("act-android", sources, [act(), framework(), litert(), ort()])


@once
def ort() -> Path:
    """ONNX Runtime's own classes."""
    return onnxruntime() / "classes.jar"


@once
def app() -> Path:
    """The app, with its R class."""
    jars = [act(), act_android(), framework(), litert(), ort(), resources()]
    return kotlin_jar("app", [DEMO / "app" / MAIN], jars)


@once
def resources() -> Path:
    """The app's R class."""
    return java_jar("resources", [linked() / "R.java"])


@once
def compiled_tests() -> Path:
    sources = [DEMO / "act" / "src" / "test" / "kotlin", HERE / "kotlin"]
    class_path = [*runtime_jars(), *debian_jars()]
    return kotlin_jar("tests", sources, class_path, friends=[act()])


def runtime_jars() -> list[Path]:
    return [act(), act_android(), app(), resources(), framework(), litert(), ort()]


def runtime_environment(scratch: Path) -> tuple[dict[str, str | Path], dict[str, str]]:
    """Properties and variables with which a JVM finds the three runtimes' libraries.

    ONNX Runtime and LiteRT are those of the Python packages; JNI libraries lie in ``scratch``.
    """
    package = importlib.util.find_spec("onnxruntime")
    assert package is not None
    assert package.submodule_search_locations is not None
    libraries = scratch / "libraries"
    libraries.mkdir(exist_ok=True)
    (runtime,) = Path(package.submodule_search_locations[0]).glob("capi/libonnxruntime.so.*")
    (libraries / "libonnxruntime.so").symlink_to(runtime)
    jni = "libonnxruntime4j_jni.so"
    shutil.copy(onnxruntime() / "glibc" / jni, libraries / jni)
    properties: dict[str, str | Path] = {
        "java.library.path": act_jni(),
        "java.io.tmpdir": scratch,
        "onnxruntime.native.path": libraries,
        "litert.library": installed_library("tflite").path,
        "jna.tmpdir": scratch,
    }
    return properties, {"LD_LIBRARY_PATH": os.fspath(libraries)}
