"""Core ML's protobuf classes, taken from coremltools without importing coremltools.

``import coremltools`` takes seconds (it loads its converters and, where installed, torch), yet its
generated protobuf modules need nothing but ``google.protobuf``. They import each other relatively,
so they work under any package whose ``__path__`` is their folder. protobuf keeps one class per
message in a process-wide pool: importing coremltools before or after this yields the same classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_ALIAS = f"{__name__}_classes"


def _generated(module: str) -> Any:
    """Import one of coremltools' generated protobuf modules, such as ``Model_pb2``."""
    if _ALIAS not in sys.modules:
        spec = importlib.util.find_spec("coremltools")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(
                "reading .mlpackage files needs coremltools' protobuf classes: "
                "pip install coremltools",
                name="coremltools",
            )
        package = ModuleType(_ALIAS)
        package.__path__ = [str(Path(root) / "proto") for root in spec.submodule_search_locations]
        sys.modules[_ALIAS] = package
    return importlib.import_module(f"{_ALIAS}.{module}")


Model: Any = _generated("Model_pb2").Model
"""``CoreML.Specification.Model``: what ``model.mlmodel`` holds."""

DataType: Any = _generated("MIL_pb2").DataType
"""``CoreML.Specification.MILSpec.DataType``: the element types of MIL."""

ArrayDataType: Any = _generated("FeatureTypes_pb2").ArrayFeatureType.ArrayDataType
"""``CoreML.Specification.ArrayFeatureType.ArrayDataType``: the element types of arrays."""
