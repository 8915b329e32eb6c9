"""``.ort`` files, the format of reduced ONNX Runtime builds, converted with its own tool."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.clients.client import Refused
from tests.clients.clients.pythonic import PythonClient
from tests.clients.exports import Artefact

VERSION = "1.32.0"


@dataclass(frozen=True)
class OrtFormat(PythonClient):
    """Converts to ``.ort`` in the environment that then reads it."""

    def files(self, artefact: Artefact, folder: Path, scratch: Path) -> dict[str, Path]:
        converted = {}
        for part, path in artefact.files().items():
            copy = scratch / "converted" / path.name
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
            tool = "onnxruntime.tools.convert_onnx_models_to_ort"
            command = [folder / "bin" / "python", "-m", tool, copy, "--optimization_style", "Fixed"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            converted[part] = copy.with_suffix(".ort")
            if done.returncode or not converted[part].exists():
                raise Refused(done.stderr.strip()[-2000:])
        return converted


CLIENT = OrtFormat(
    name="onnxruntime .ort",
    version=VERSION,
    target="onnx",
    program="run_onnxruntime.py",
    requirements=(f"onnxruntime=={VERSION}", "onnx==1.23.2"),
)
