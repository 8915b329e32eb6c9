"""``ios_demo/ActDemo.xcodeproj`` from ``ios_demo/project.yml``, for who has no XcodeGen.

``python -m tests.ios.xcode`` writes it. Only what this project's specification uses of
XcodeGen's is known.
"""

from __future__ import annotations

import hashlib
import plistlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

IOS_DEMO = Path(__file__).parents[2] / "ios_demo"
PROJECT = IOS_DEMO / "ActDemo.xcodeproj" / "project.pbxproj"
SCHEME = PROJECT.parent / "xcshareddata" / "xcschemes" / "ActDemo.xcscheme"

FORMAT_OF_XCODE_15_3 = 63
"""The first whose projects refer to packages in folders of their own."""

TYPES = {
    ".plist": "text.plist.xml",
    ".swift": "sourcecode.swift",
    ".xcassets": "folder.assetcatalog",
    ".xcprivacy": "text.xml",
    ".xcstrings": "text.json.xcstrings",
}
BARE = re.compile(r"[A-Za-z0-9_./]+")

Value = str | list["Value"] | dict[str, "Value"]


def read_specification() -> dict[str, Any]:
    """Read ``project.yml``."""
    return yaml.safe_load((IOS_DEMO / "project.yml").read_text())


def languages() -> list[str]:
    """List the app's languages, as its ``Info.plist`` names them."""
    information = plistlib.loads((IOS_DEMO / "App" / "Info.plist").read_bytes())
    return information["CFBundleLocalizations"]


@dataclass
class Project:
    """The objects of an Xcode project, by their identifiers."""

    objects: dict[str, dict[str, Value]] = field(default_factory=dict)

    def add(self, isa: str, key: str, **values: Value) -> str:
        """Add an object and return its identifier, which follows from its kind and key alone."""
        identifier = hashlib.sha256(f"{isa} {key}".encode()).hexdigest()[:24].upper()
        assert identifier not in self.objects, (isa, key)
        self.objects[identifier] = {"isa": isa, **values}
        return identifier


def make_project(specification: dict[str, Any]) -> tuple[Project, str]:
    """Make the project of a specification with one target.

    Returns:
        The project and the identifier of its root object.
    """
    project = Project()
    ((name, target),) = specification["targets"].items()
    packages = {
        package: project.add("XCLocalSwiftPackageReference", package, relativePath=facts["path"])
        for package, facts in specification["packages"].items()
    }
    files = _Files(project)
    for source in target["sources"]:
        files.add_source(source)
    files.add_file(target["settings"]["base"]["INFOPLIST_FILE"])
    product = project.add(
        "PBXFileReference",
        f"{name}.app",
        explicitFileType="wrapper.application",
        includeInIndex="0",
        path=f"{name}.app",
        sourceTree="BUILT_PRODUCTS_DIR",
    )
    products = _group(project, "Products", [product], name="Products")
    dependencies = [
        project.add(
            "XCSwiftPackageProductDependency",
            each["product"],
            package=packages[each["package"]],
            productName=each["product"],
        )
        for each in target["dependencies"]
    ]
    linked = [
        project.add("PBXBuildFile", f"product {identifier}", productRef=identifier)
        for identifier in dependencies
    ]
    phases = {"Sources": files.sources, "Resources": files.resources, "Frameworks": linked}
    native_target = project.add(
        "PBXNativeTarget",
        name,
        buildConfigurationList=_configurations(project, name, target["settings"], {}),
        buildPhases=[
            project.add(
                f"PBX{kind}BuildPhase",
                name,
                buildActionMask="2147483647",
                files=list(builds),
                runOnlyForDeploymentPostprocessing="0",
            )
            for kind, builds in phases.items()
        ],
        buildRules=[],
        dependencies=[],
        name=name,
        packageProductDependencies=list(dependencies),
        productName=name,
        productReference=product,
        productType="com.apple.product-type.application",
    )
    language = specification["options"]["developmentLanguage"]
    others = [each for each in languages() if each != language]
    root = project.add(
        "PBXProject",
        name,
        attributes={"BuildIndependentTargetsInParallel": "YES", "LastUpgradeCheck": "1600"},
        buildConfigurationList=_configurations(
            project, "project", specification["settings"], specification["settings"]["configs"]
        ),
        compatibilityVersion="Xcode 15.3",
        developmentRegion=language,
        hasScannedForEncodings="0",
        knownRegions=[language, *others, "Base"],
        mainGroup=_group(project, "main", [files.close(), products]),
        packageReferences=list(packages.values()),
        productRefGroup=products,
        projectDirPath="",
        projectRoot="",
        targets=[native_target],
    )
    return project, root


class _Files:
    """References to the files of a target, in groups that are their folders."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._children: dict[Path, list[str]] = {}
        self.sources: list[str] = []
        self.resources: list[str] = []

    def add_source(self, source: dict[str, Any]) -> None:
        """Add a folder of Swift files, or a resource."""
        path = IOS_DEMO / source["path"]
        if path.is_dir() and path.suffix not in TYPES and source.get("type") != "folder":
            for file in sorted(path.rglob("*.swift")):
                self.sources.append(self._built(str(file.relative_to(IOS_DEMO))))
        else:
            self.resources.append(self._built(source["path"]))

    def add_file(self, path: str) -> str:
        """Add a file that is not built."""
        file = Path(path)
        identifier = self._project.add(
            "PBXFileReference",
            path,
            lastKnownFileType=TYPES.get(file.suffix, "folder"),
            path=file.name,
            sourceTree="<group>",
        )
        self._children.setdefault(file.parent, []).append(identifier)
        return identifier

    def _built(self, path: str) -> str:
        return self._project.add("PBXBuildFile", path, fileRef=self.add_file(path))

    def close(self) -> str:
        """Make the groups and return the outermost one."""
        (outermost,) = {Path(folder.parts[0]) for folder in self._children}
        return self._folder(outermost)

    def _folder(self, folder: Path) -> str:
        inside = sorted(
            {
                Path(*other.parts[: len(folder.parts) + 1])
                for other in self._children
                if folder in other.parents
            }
        )
        children = [self._folder(each) for each in inside] + self._children.get(folder, [])
        return _group(self._project, str(folder), children, path=folder.name)


def _group(project: Project, key: str, children: list[str], **values: Value) -> str:
    return project.add("PBXGroup", key, children=list(children), sourceTree="<group>", **values)


def _configurations(
    project: Project, key: str, settings: dict[str, Any], own: dict[str, Any]
) -> str:
    """The configurations Debug and Release: the settings of both, and each one's own."""
    made: list[Value] = [
        project.add(
            "XCBuildConfiguration",
            f"{key} {name}",
            buildSettings={**settings["base"], **own.get(name, {})},
            name=name,
        )
        for name in ("Debug", "Release")
    ]
    return project.add(
        "XCConfigurationList",
        key,
        buildConfigurations=made,
        defaultConfigurationIsVisible="0",
        defaultConfigurationName="Release",
    )


def as_text(project: Project, root: str) -> str:
    """Write a project as Xcode does: a property list of the old form, sections in order of kind."""
    lines = ["// !$*UTF8*$!", "{", "\tarchiveVersion = 1;", "\tclasses = {", "\t};"]
    lines += [f"\tobjectVersion = {FORMAT_OF_XCODE_15_3};", "\tobjects = {"]
    for isa in sorted({str(values["isa"]) for values in project.objects.values()}):
        lines += ["", f"/* Begin {isa} section */"]
        for identifier, values in sorted(project.objects.items()):
            if values["isa"] == isa:
                lines.append(f"\t\t{identifier} = {_value(dict(values), 2)};")
        lines.append(f"/* End {isa} section */")
    lines += ["\t};", f"\trootObject = {root};", "}", ""]
    return "\n".join(lines)


def _value(value: Value, depth: int) -> str:
    inner, outer = "\t" * (depth + 1), "\t" * depth
    if isinstance(value, dict):
        # The kind of an object is its first line.
        names = sorted(value, key=lambda name: (name != "isa", name))
        parts = [f"{inner}{_text(name)} = {_value(value[name], depth + 1)};" for name in names]
        return "\n".join(["{", *parts, outer + "}"])
    if isinstance(value, list):
        parts = [f"{inner}{_value(each, depth + 1)}," for each in value]
        return "\n".join(["(", *parts, outer + ")"])
    return _text(value)


def _text(text: str) -> str:
    if BARE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def scheme_text(project: Project, specification: dict[str, Any]) -> str:
    """Write the scheme of the project's one target."""
    ((name, scheme),) = specification["schemes"].items()
    (target,) = (
        identifier
        for identifier, values in project.objects.items()
        if values["isa"] == "PBXNativeTarget"
    )
    reference = SCHEME_REFERENCE.format(target=target, name=name)
    return SCHEME_TEXT.format(
        reference=reference, **{action: scheme[action]["config"] for action in SCHEME_ACTIONS}
    )


SCHEME_ACTIONS = ("run", "profile", "archive")
SCHEME_REFERENCE = """<BuildableReference BuildableIdentifier="primary" \
BlueprintIdentifier="{target}" BuildableName="{name}.app" BlueprintName="{name}" \
ReferencedContainer="container:{name}.xcodeproj"/>"""
SCHEME_TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<Scheme LastUpgradeVersion="1600" version="1.7">
  <BuildAction parallelizeBuildables="YES" buildImplicitDependencies="YES">
    <BuildActionEntries>
      <BuildActionEntry buildForTesting="YES" buildForRunning="YES" buildForProfiling="YES" \
buildForArchiving="YES" buildForAnalyzing="YES">
        {reference}
      </BuildActionEntry>
    </BuildActionEntries>
  </BuildAction>
  <LaunchAction buildConfiguration="{run}" debugDocumentVersioning="YES">
    <BuildableProductRunnable runnableDebuggingMode="0">
      {reference}
    </BuildableProductRunnable>
  </LaunchAction>
  <ProfileAction buildConfiguration="{profile}" shouldUseLaunchSchemeArgsEnv="YES">
    <BuildableProductRunnable runnableDebuggingMode="0">
      {reference}
    </BuildableProductRunnable>
  </ProfileAction>
  <ArchiveAction buildConfiguration="{archive}" revealArchiveInOrganizer="YES"/>
</Scheme>
"""


if __name__ == "__main__":
    read = read_specification()
    made, root_object = make_project(read)
    SCHEME.parent.mkdir(parents=True, exist_ok=True)
    PROJECT.write_text(as_text(made, root_object))
    SCHEME.write_text(scheme_text(made, read))
    print(PROJECT)
