"""Runs in an old reader's own environment: what does it make of an artefact?

usage: python read_tflite.py MODULE FOLDER; the folder holds model.tflite, parts.json, golden.npz.
Prints one JSON object: for each output the largest difference from the golden bundle, or an error.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from act_artefact.driver import PartFacts, drive


def interpreter(module: str, path: Path):
    if module == "tensorflow":
        return import_module("tensorflow").lite.Interpreter(str(path), num_threads=1)
    return import_module(f"{module}.interpreter").Interpreter(str(path), num_threads=1)


def main(module: str, folder: Path) -> dict[str, object]:
    golden = dict(np.load(folder / "golden.npz"))
    parts = [PartFacts.from_json(part) for part in json.loads((folder / "parts.json").read_text())]
    try:
        loaded = interpreter(module, folder / "model.tflite")
        runners = {name: loaded.get_signature_runner(name) for name in loaded.get_signature_list()}
    except (ValueError, RuntimeError) as error:
        return {"error": str(error)}
    worst: dict[str, float] = {}
    for call in range(len(next(iter(golden.values())))):
        values = {name: array[call] for name, array in golden.items()}
        if parts:
            answer = drive(parts, values, lambda name, inputs: runners[name](**inputs))
        else:
            (runner,) = runners.values()
            answer = runner(**{name: values[name] for name in runner.get_input_details()})
        for name in golden.keys() & answer.keys():
            assert answer[name].shape == values[name].shape, name
            off = np.abs(answer[name] - values[name]).max()
            worst[name] = max(worst.get(name, 0.0), float(off))
    return {"worst": worst}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
