"""The part of a model card that says in words what a call takes and returns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from act_artefact.interface import Tensor
from act_artefact.labels import labels_file
from act_artefact.manifest import Manifest
from act_artefact.markdown import bullets, code

CLASSES = ("sequence_error", "accuracy", "bits_per_char")
"""The metrics of tasks whose outputs are scores of classes."""

BUDGET = {
    "halt_threshold": "the halting value that ends a loop, from 0 to 1",
    "max_ponder": "the most ponder steps",
}


def inputs_and_outputs(manifest: Manifest) -> str:
    """Describe a call: its shape, each input and each output."""
    inputs = bullets([f"{_head(t)}: {words}." for t, words in _inputs(manifest)])
    outputs = bullets([f"{_head(t)}: {words}." for t, words in _outputs(manifest)])
    return f"{_call(manifest)}\n\nInputs:\n\n{inputs}\n\nOutputs:\n\n{outputs}"


def _head(tensor: Tensor) -> str:
    shape = ", ".join("T" if size is None else str(size) for size in tensor.shape)
    return f"{code(tensor.name)} {tensor.dtype} {code(f'[{shape}]')}"


def _call(manifest: Manifest) -> str:
    rows = "1 row" if manifest.batch == 1 else f"{manifest.batch} rows"
    if manifest.sequence == "whole":
        answer = f"answers whole inputs, {rows} at once; there is no time"
    elif manifest.sequence == "stream":
        answer = f"is one time step of {rows}"
    elif manifest.sequence == "dynamic":
        answer = f"is any number T of time steps of {rows}"
    else:
        answer = f"is {manifest.sequence} time steps of {rows}"
    axes = [
        f" Axis {code(axis.name)} has the size that a call chooses, made for up to {axis.largest}."
        for axis in manifest.interface.axes
    ]
    return f"A call {answer}.{''.join(axes)}"


def _inputs(manifest: Manifest) -> Iterator[tuple[Tensor, str]]:
    interface = manifest.interface
    pairs = {pair.input: pair for pair in interface.states}
    for tensor in interface.inputs:
        if tensor.name in pairs:
            pair = pairs[tensor.name]
            yield (
                tensor,
                f"state; {pair.initial:g} where a sequence begins, then the last call's "
                f"{code(pair.output)}",
            )
        elif tensor.default is not None:
            words = BUDGET.get(tensor.name, "a part of the budget")
            yield tensor, f"budget: {words}; the model's own is {tensor.default:g}"
        elif tensor.dtype == "int32":
            yield tensor, _tokens(manifest)
        else:
            yield tensor, "the features, numbers as the model was trained on"


def _tokens(manifest: Manifest) -> str:
    kind = "bytes of text" if manifest.vocabulary == "bytes" else "whole numbers"
    vocab_size = manifest.model.get("vocab_size")
    return f"{kind}, from 0 to {vocab_size - 1}" if isinstance(vocab_size, int) else kind


def _outputs(manifest: Manifest) -> Iterator[tuple[Tensor, str]]:
    pairs = {pair.output: pair.input for pair in manifest.interface.states}
    for tensor in manifest.interface.outputs:
        if tensor.name in pairs:
            yield tensor, f"state; feed it to {code(pairs[tensor.name])} of the next call"
        elif tensor.name == "y":
            yield tensor, _answer(manifest, tensor)
        elif tensor.name == "ponder_steps":
            yield tensor, "N of each layer, the ponder steps that were taken"
        elif tensor.name == "remainder":
            yield tensor, "the second figure of the halting, for ACT the remainder R, of each layer"
        else:
            yield tensor, "not described"


def _answer(manifest: Manifest, y: Tensor) -> str:
    """Describe y: the scores of K questions of C classes each, or plain values."""
    labels, size = len(manifest.labels or ()), y.shape[-1]
    if manifest.metric not in CLASSES and not labels:
        return "the answer"
    if isinstance(size, int) and labels > 1 and size % labels == 0:
        asked = "" if size == labels else f" of each of {size // labels} questions, in turn"
        words = f"the scores of {labels} classes{asked}; the highest is the answer"
    elif labels == 2:
        words = "a score that says yes, the second class, where it is above 0, else the first"
    elif size == manifest.model.get("vocab_size"):
        words = f"the scores of {size} tokens; the highest is the answer"
    elif size == 1:
        words = "a score that says yes where it is above 0"
    else:
        words = f"{size} scores of classes, question by question; the highest is the answer"
    file = labels_file(Path(manifest.artefact).stem, manifest)
    return words if file is None else f"{words}. {code(file, 300)} names the classes in order"
