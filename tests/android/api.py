"""Android's public classes, by its own signature file: what an app may call."""

from __future__ import annotations

import hashlib
import re
import tarfile
import tempfile
from dataclasses import dataclass, field
from functools import cache as once
from pathlib import Path

from act_artefact.cache import cache, kept
from act_profiling.devices.emulated.apt import Apt
from tests.android.classfile import Reference

SOURCE = "http://deb.debian.org/debian bookworm main"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PACKAGE = "android-platform-frameworks-base"
VERSION = "1:10.0.0+r36-10"
SHA256 = "67251bc9a4152b0d4783653d9d45ec815349771f501f28a8f96479848cfee26b"
"""The source archive: Android 10 (API 29), Apache 2.0."""

MINUTES = 10
"""For apt, over a slow line."""

_PRIMITIVES = {
    **{"void": "V", "boolean": "Z", "byte": "B", "char": "C", "short": "S"},
    **{"int": "I", "long": "J", "float": "F", "double": "D"},
}


@dataclass
class Listed:
    """A public class: what it extends and implements, and its members."""

    parents: list[str]
    members: set[tuple[str, str]] = field(default_factory=set)


@once
def signatures() -> dict[str, Listed]:
    """Read the public classes of Android 10, by their names in class files."""
    text = kept(cache() / "android" / f"api-{SHA256[:16]}.txt", _fetch).read_text()
    return _parse(text)


def _fetch(to: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apt = Apt(folder, minutes=MINUTES, source=f"deb-src [signed-by={KEYRING}] {SOURCE}")
        apt.get("source", "--download-only", f"{PACKAGE}={VERSION}", folder=folder)
        (archive,) = folder.glob("*.orig.tar.xz")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            raise RuntimeError(f"{archive.name} is {found}, not as pinned")
        with tarfile.open(archive) as files:
            listed = files.extractfile("api/current.txt")
            assert listed is not None
            to.write_bytes(listed.read())


def _parse(text: str) -> dict[str, Listed]:
    found: dict[str, Listed] = {}
    package, variables = "", {}
    for line in map(_without_annotations, text.splitlines()):
        if line.startswith("package "):
            package = line.split()[1]
        elif head := re.match(
            r"  (?:\w+ )*(?:class|interface|enum|@interface) ([\w.]+)(<.*>)?(?: |$)(.*)\{", line
        ):
            name, generics, rest = head.groups()
            parents = [
                _erased(each) for each in _types(re.sub(r"\b(extends|implements)\b", "", rest), " ")
            ]
            variables = _variables(generics or "")
            current = Listed([_internal(parent) for parent in parents if parent])
            found[_internal(f"{package}.{name}")] = current
        elif member := re.match(r"    (ctor|method|field|enum_constant) (.*);", line):
            current.members.add(_member(member[1], member[2], variables))
    return found


def _member(kind: str, text: str, variables: dict[str, str]) -> tuple[str, str]:
    if kind in ("field", "enum_constant"):
        words = _types(text.split(" = ", maxsplit=1)[0].split(";", maxsplit=1)[0], " ")
        return words[-1], _descriptor(words[-2], variables)
    head, given = text[: text.index("(")], text[text.index("(") + 1 : text.rindex(")")]
    words = [word for word in _types(head, " ") if word]
    own = next((word for word in words if word.startswith("<")), "")
    known = {**variables, **_variables(own)}
    parameters = "".join(_descriptor(each, known) for each in _types(given, ",") if each)
    returned = "V" if kind == "ctor" else _descriptor(words[-2], known)
    return ("<init>" if kind == "ctor" else words[-1]), f"({parameters}){returned}"


def _without_annotations(line: str) -> str:
    while at := re.search(r"@(?!interface)[\w.]+ ?", line):
        end = at.end()
        if line[end : end + 1] == "(" or line[end - 1] == "(":
            depth = 0
            for end in range(line.index("(", at.start()), len(line)):
                depth += (line[end] == "(") - (line[end] == ")")
                if not depth:
                    break
            end += 1
        line = line[: at.start()] + line[end:].lstrip()
    return line


def _types(text: str, separator: str) -> list[str]:
    """Split where no type argument is open."""
    parts, depth = [""], 0
    for character in text.strip():
        depth += (character == "<") - (character == ">")
        if character == separator and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _variables(generics: str) -> dict[str, str]:
    """The bounds of type variables."""
    bounds = {}
    for each in _types(generics[1:-1], ",") if generics else []:
        name, _, bound = each.partition(" extends ")
        bounds[name] = _erased(bound.split(" & ")[0]) or "java.lang.Object"
    return bounds


def _erased(name: str) -> str:
    return re.sub(r"<.*>", "", name).strip()


def _descriptor(name: str, variables: dict[str, str]) -> str:
    name = _erased(name.replace("...", "[]"))
    if name.endswith("[]"):
        return "[" + _descriptor(name[:-2], variables)
    name = variables.get(name, name)
    return _PRIMITIVES.get(name) or f"L{_internal(name)};"


def _internal(name: str) -> str:
    """``android.view.View.OnClickListener`` -> ``android/view/View$OnClickListener``."""
    if "." not in name:
        return f"java/lang/{name}"
    words = name.split(".")
    first = next((i for i, word in enumerate(words) if word[0].isupper()), len(words) - 1)
    return "/".join(words[: first + 1]) + "".join("$" + word for word in words[first + 1 :])


def is_listed(reference: Reference) -> bool:
    """True if a class, or one that it extends or implements, has the member."""
    name, member, descriptor = reference
    listed = signatures().get(name)
    if listed is None:
        return name in ("java/lang/Object",) or not name.startswith("android/")
    if (member, descriptor) in listed.members:
        return True
    # A method that is overridden with a narrower type has the wider one too, in a bridge.
    if any(
        known == member and given.split(")")[0] == descriptor.split(")")[0]
        for known, given in listed.members
    ):
        return True
    return any(
        parent.startswith("android/") and is_listed((parent, member, descriptor))
        for parent in listed.parents
    )
