"""A stand-in for Xcode's ``xcrun``: one iPhone or more in a folder, whose demo app measures here.

The folder has ``phones.json``, what ``devicectl list devices`` answers; ``fault``, a word for what
is wrong, or nothing; ``calls.jsonl``, the calls so far; and ``Documents``, the app's own folder.
Options that are not in devicectl's help are refused, as are those of another subcommand.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = "ACT_XCRUN_FOLDER"
"""Environment variable with the folder."""
SWIFT = "ACT_XCRUN_SWIFT"
"""Environment variable with a scratch folder of Swift that has act-benchmark, ActKit's own; without
it the rows are act-runner's."""

COPY = {"--device", "--source", "--destination", "--domain-type", "--domain-identifier"}
COPY |= {"--user", "--remove-existing-content"}
OPTIONS = {
    ("list", "devices"): {"--filter", "--columns", "--hide-default-columns", "--sort-by"},
    ("device", "info", "apps"): {"--device", "--bundle-id", "--include-all-apps", "--columns"},
    ("device", "info", "lockState"): {"--device"},
    ("device", "info", "processes"): {"--device", "--filter", "--columns"},
    ("device", "copy", "to"): COPY,
    ("device", "copy", "from"): COPY,
    ("device", "process", "launch"): {"--device", "--environment-variables", "--payload-url"},
    ("device", "process", "terminate"): {"--device", "--pid"},
}
"""Options with a value, by subcommand, of ``xcrun devicectl help``; those below are of all."""
OUTPUT = {"--timeout", "--json-output", "--log-output"}
FLAGS = {"--quiet", "--verbose"}
LAUNCH_FLAGS = {"--terminate-existing", "--console", "--activate", "--no-activate"}

PROCESS = 4711
USAGE = 64


class Failed(Exception):
    """The call fails, with this as its localized description."""


def main(words: Sequence[str]) -> int:
    folder = Path(os.environ[FOLDER])
    fault = (folder / "fault").read_text()
    if fault == "no devicectl":
        print('xcrun: error: unable to find utility "devicectl", not a developer', file=sys.stderr)
        return 72
    with (folder / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([*words]) + "\n")
    assert words[0] == "devicectl"
    command = next((key for key in OPTIONS if tuple(words[1 : 1 + len(key)]) == key), None)
    if command is None:
        print(f"Error: Unexpected argument '{words[1]}'", file=sys.stderr)
        return USAGE
    try:
        options, arguments = _parsed(command, words[1 + len(command) :])
    except ValueError as error:
        print(f"Error: {error}", file=sys.stderr)
        return USAGE
    output = Path(options["--json-output"])
    try:
        result = _answer(folder, fault, command, options, arguments)
    except Failed as error:
        described = {"NSLocalizedDescription": {"string": str(error)}}
        failure = {"error": {"code": 1, "userInfo": described}, "info": {"outcome": "failed"}}
        output.write_text(json.dumps(failure))
        print(f"ERROR: {error}\n  details", file=sys.stderr)
        return 1
    output.write_text(json.dumps({"info": {"outcome": "success"}, "result": result}))
    return 0


def _parsed(command: tuple[str, ...], words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            return options, [*options.pop("", "").split(), *rest]
        if word in FLAGS or (command[-1] == "launch" and word in LAUNCH_FLAGS):
            continue
        if word in OPTIONS[command] | OUTPUT:
            options[word] = next(rest)
        elif word.startswith("-"):
            raise ValueError(f"Unknown option '{word}'")
        else:
            options[""] = f"{options.get('', '')} {word}"
    return options, options.pop("", "").split()


def _answer(
    folder: Path,
    fault: str,
    command: tuple[str, ...],
    options: dict[str, str],
    arguments: list[str],
) -> dict[str, Any]:
    documents = folder / "Documents"
    match command:
        case ("list", "devices"):
            return {"devices": json.loads((folder / "phones.json").read_text())}
        case (_, "info", "apps"):
            app = {"bundleIdentifier": "com.example.actmobile.demo", "name": "ActDemo"}
            return {"apps": [] if fault == "no app" else [{"bundleIdentifier": "com.o.x"}, app]}
        case (_, "info", "lockState"):
            return {"passcodeRequired": fault == "locked", "unlockedSinceBoot": True}
        case (_, "info", "processes"):
            if fault == "away":
                raise Failed("The device is not connected")
            running = [1, PROCESS] if fault.startswith("endless") else [1]
            return {"runningProcesses": [{"processIdentifier": each} for each in running]}
        case (_, "copy", direction):
            assert options["--domain-type"] == "appDataContainer"
            assert options["--domain-identifier"] == "com.example.actmobile.demo"
            source, to = Path(options["--source"]), Path(options["--destination"])
            source, to = (source, folder / to) if direction == "to" else (folder / source, to)
            assert documents in (source.parent, to.parent)
            return _copied(source, to)
    ended = command[-1] == "terminate"
    return _ended(fault, options) if ended else _launched(documents, fault, arguments)


def _ended(fault: str, options: dict[str, str]) -> dict[str, Any]:
    assert options["--pid"] == str(PROCESS)
    if fault in ("away", "cut off"):
        raise Failed("The process does not exist")
    return {"process": {"processIdentifier": PROCESS}}


def _launched(documents: Path, fault: str, arguments: list[str]) -> dict[str, Any]:
    if fault == "locked at launch":
        raise Failed("Unable to launch the app because the device was not unlocked")
    app, flag, *given = arguments
    assert (app, flag) == ("com.example.actmobile.demo", "--benchmark")
    options = dict(zip(given[::2], given[1::2], strict=True))
    endless = fault == "endless" or (
        fault == "endless if timed" and options["--min-seconds"] != "0"
    )
    if not endless and fault not in ("cut off", "away"):
        _measure(documents, options, given, fault)
    return {"process": {"processIdentifier": PROCESS, "executable": "file:///ActDemo"}}


def _copied(source: Path, to: Path) -> dict[str, Any]:
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True)
    elif source.is_file():
        shutil.copy2(source, to)
    else:
        raise Failed(f"No such file: {source.name}")
    return {}


def _measure(documents: Path, given: dict[str, str], words: list[str], fault: str) -> None:
    """The app's benchmark mode."""
    rows = documents / given["--rows"]
    if scratch := os.environ.get(SWIFT):
        said = _swift(Path(scratch), documents, words)
    else:
        said = _runner(documents, given)
    if fault == "refused":
        said = "refused: model.actn: the engine cannot \x1b[2Jload it"
    if fault == "wrong":
        said = "refused: model.actn: wrong on this device with native engine: N differs in call 0"
    if fault == "nonsense":
        said = "\x00\x01"
    if fault == "damaged":
        rows.write_bytes(rows.read_bytes()[:-5])
    if fault == "other facts":
        rows.with_name(rows.name + ".facts").write_text("[]")
    rows.with_name(rows.name + ".status").write_text(said + "\n")


def _swift(scratch: Path, documents: Path, words: list[str]) -> str:
    from tests.swift.compiler import run

    shared = scratch / "Documents"
    shutil.rmtree(shared, ignore_errors=True)
    shutil.copytree(documents, shared)
    done = run(["/scratch/kit/release/act-benchmark", "/scratch/Documents", *words], scratch)
    shutil.copytree(shared, documents, dirs_exist_ok=True)
    return done.stdout.strip()


def _runner(documents: Path, given: dict[str, str]) -> str:
    # Most calls need none of these, which take longer to import than they take.
    from act_artefact.manifest import read_manifest
    from act_artefact.targets import TARGETS, BuiltInRuntime
    from act_profiling.job import write_plan
    from act_profiling.runner import host_runner

    manifest = read_manifest(documents / f"{given['--model']}.manifest.json")
    engine = TARGETS["native"].device
    assert isinstance(engine, BuiltInRuntime)
    names = ("halt-threshold", "max-ponder")
    budget = {n.replace("-", "_"): float(given[f"--{n}"]) for n in names if f"--{n}" in given}
    write_plan(documents / "plan.txt", manifest, budget)
    options = [f"--{name}" for name in ("keep", "warmup", "min-count", "min-seconds")]
    done = subprocess.run(
        [
            str(host_runner(engine)),
            *(str(documents / name) for name in ("plan.txt", given["--data"], given["--rows"])),
            *(word for option in options for word in (option, given[option])),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    said = {name: facts[name] for name in ("runtime", "calls", "repeats", "warmup_ns")}
    (documents / f"{given['--rows']}.facts").write_text(json.dumps(said))
    return f"done: {facts['runtime']}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
