"""Short names for a page: models and device in a few words; full ones are where it says the origin.

``report.json`` keeps the labels, by which reports are compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from act_profiling.report.build import Report
from act_profiling.report.words import budgets

MOST = 40
"""Characters of a name; what is longer is cut in its middle."""

_NOISE = re.compile(
    r"\((?:R|TM|C)\)|[®™©]|\b(?:CPU|Processor|with .*Graphics)\b|@.*$|\b\d+-Core\b", re.IGNORECASE
)
"""Additions of makers to the names of their processors."""


def shortened(report: Report) -> Report:
    """Give the report with short names of artefacts and variants, each still unique.

    ``out/hops/onnx/model.onnx`` is ``hops``, or where there are several runtimes ``hops onnx``; a
    model alone has the name of its task. Labels that are not made of an artefact's name are kept.
    """
    variants = report["variants"]
    of_artefact = _artefacts(variants)
    labels = {each["label"]: _label(each, of_artefact) for each in variants}
    if len(set(labels.values())) < len(labels):
        return report

    def renamed(found: Sequence[str]) -> list[str]:
        return [labels[label] for label in found]

    front = report["front"]
    return {
        **report,
        "variants": [
            {
                **each,
                "label": labels[each["label"]],
                "artefact": of_artefact[_key(each)],
            }
            for each in variants
        ],
        "front": front and {**front, "labels": renamed(front["labels"])},
        "fronts": {name: renamed(found) for name, found in report.get("fronts", {}).items()},
        "verdicts": [
            {**each, "label": labels[each["label"]], "nets": renamed(each["nets"])}
            for each in report.get("verdicts", [])
        ],
    }


def _key(variant: Mapping[str, Any]) -> tuple[str, str]:
    return variant["artefact"], variant["sha256"]


def _label(variant: Mapping[str, Any], of_artefact: Mapping[tuple[str, str], str]) -> str:
    artefact, label = variant["artefact"], variant["label"]
    plain = " ".join([artefact, *(f"{n}={v:g}" for n, v in variant["budget"].items())])
    if label != plain:
        return str(label)
    name = of_artefact[_key(variant)]
    return f"{name}, {budgets(variant)}" if variant["budget"] else name


def _artefacts(variants: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The short name of each artefact: the first of these that tells all apart."""
    facts = {_key(each): each for each in variants}
    models = {key: _model(each, facts.values()) for key, each in facts.items()}
    choices = (
        models,
        {key: f"{models[key]} {each['target']}" for key, each in facts.items()},
        {key: f"{models[key]} {each['target']} {each['precision']}" for key, each in facts.items()},
        {key: key[0] for key in facts},
    )
    return next((found for found in choices if len(set(found.values())) == len(found)), choices[-1])


def _model(variant: Mapping[str, Any], every: Any) -> str:
    """Name a model by its folder where files are all called alike, alone by its task."""
    path = PurePosixPath(variant["artefact"])
    stems = {PurePosixPath(each["artefact"]).stem for each in every}
    if len(stems) > 1:
        return cut(path.with_suffix("").as_posix())
    folders = [part for part in path.parts[:-1] if part != variant["target"]]
    if folders:
        return cut("/".join(folders))
    return cut(str(variant.get("task") or path.name))


def device(report: Report) -> str:
    """Name the device in a few words: ``Pixel 7 (panther)``, ``Intel Xeon``."""
    first = str(report["device"]["identity"]).partition(",")[0]
    words = " ".join(_NOISE.sub(" ", first).split())
    return cut(words or first or str(report["device"]["name"]))


def title(report: Report) -> str:
    """``hops on AMD EPYC``: the task that all share, or the first model and how many more."""
    found = list(dict.fromkeys(each["artefact"] for each in report["variants"]))
    tasks = {each.get("task") for each in report["variants"]}
    (task, *others) = tasks
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    subject = f"{found[0]}{more}" if others or not task else str(task)
    return f"{cut(subject)} on {device(report)}"


def subtitle(report: Report) -> str:
    """Count what is compared: ``5 models on onnx, tflite; 1000 sequences of eval.npz``."""
    variants, data = report["variants"], report["data"]
    artefacts = {_key(each) for each in variants}
    targets = list(dict.fromkeys(each["target"] for each in variants))
    budgets = len(variants) - len(artefacts)
    count = f"{len(artefacts)} artefact{'s' * (len(artefacts) > 1)} for {', '.join(targets)}"
    at = f", {len(variants)} rows in all" if budgets else ""
    return f"{count}{at}; {data['sequences']:,} sequences of {data['name']}"


def cut(name: str, most: int = MOST) -> str:
    """Cut a long name in its middle, where names that belong together differ least."""
    if len(name) <= most:
        return name
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-(most - 1 - half) :]}"
