"""The iOS demo's project, property lists, catalogs and texts: valid, and agreed."""

from __future__ import annotations

import json
import plistlib
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.ios import xcode
from tests.swift.compiler import CHECKOUT, run

pytestmark = pytest.mark.ios

DEMO = xcode.IOS_DEMO
APP = DEMO / "App"
CORE = DEMO / "ActDemoCore" / "Sources" / "ActDemoCore"
ENGINE = CHECKOUT / "native" / "engine"
ANDROID = CHECKOUT / "android_demo" / "app" / "src" / "main"
LANGUAGES = {each: "values" if each == "en" else f"values-{each}" for each in xcode.languages()}
"""The app's languages, and the Android demo's folder of each."""
PLACE = re.compile(r"%(\d)\$@")

PARSE = """
import Foundation

let data = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
let list = try PropertyListSerialization.propertyList(from: data, format: nil)
print(String(decoding: try JSONSerialization.data(withJSONObject: list), as: UTF8.self))
"""

REASONS = {
    "NSPrivacyAccessedAPICategorySystemBootTime": r"uptimeNanoseconds|systemUptime|mach_absolute",
    "NSPrivacyAccessedAPICategoryFileTimestamp": r"[cC]reationDate|[mM]odificationDate"
    r"|\b([fl]?stat|fstatat|f?getattrlist\w*)\(",
    "NSPrivacyAccessedAPICategoryDiskSpace": r"volumeAvailableCapacity|systemFreeSize|statv?fs",
    "NSPrivacyAccessedAPICategoryUserDefaults": r"UserDefaults|AppStorage",
}
"""Apple's categories of interfaces whose use needs a reason, and how their use looks."""

BY_XCODE = {"DEVELOPMENT_LANGUAGE", "EXECUTABLE_NAME", "PRODUCT_BUNDLE_PACKAGE_TYPE"}
"""Settings that Xcode itself has."""


def sources() -> list[Path]:
    folders = (APP / "Sources", CORE, DEMO / "ActKit" / "Sources")
    return [path for folder in folders for path in sorted(folder.rglob("*.swift"))]


def catalog(name: str = "Localizable") -> dict[str, dict[str, str]]:
    """The texts of a String Catalog by key and language."""
    read = json.loads((APP / f"{name}.xcstrings").read_text())
    assert (read["version"], read["sourceLanguage"]) == ("1.0", "en")
    units = {
        key: {language: each["stringUnit"] for language, each in entry["localizations"].items()}
        for key, entry in read["strings"].items()
    }
    assert {u["state"] for entry in units.values() for u in entry.values()} == {"translated"}
    return {key: {at: unit["value"] for at, unit in by.items()} for key, by in units.items()}


def words() -> set[str]:
    """The keys of the enumeration ``Word``."""
    cases = re.findall(r'case (\w+)(?: = "(\w+)")?', (CORE / "Word.swift").read_text())
    return {key or case for case, key in cases}


@pytest.fixture(scope="module")
def pbxproj(scratch: Path) -> dict[str, Any]:
    """The committed project as Foundation reads it."""
    (scratch / "parse.swift").write_text(PARSE)
    done = run(["swift", "/scratch/parse.swift", f"/src/{_path(xcode.PROJECT)}"], scratch)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


def _path(file: Path) -> Path:
    return file.relative_to(CHECKOUT)


def test_committed_project_is_that_of_the_specification() -> None:
    specification = xcode.read_specification()
    project, root = xcode.make_project(specification)
    told = "python -m tests.ios.xcode writes it anew"
    assert xcode.PROJECT.read_text() == xcode.as_text(project, root), told
    assert xcode.SCHEME.read_text() == xcode.scheme_text(project, specification), told
    assert ElementTree.parse(xcode.SCHEME).getroot().tag == "Scheme"


def test_project_builds_every_source_and_names_only_files_that_exist(
    pbxproj: dict[str, Any],
) -> None:
    objects = pbxproj["objects"]
    paths = dict(_paths(objects, objects[pbxproj["rootObject"]]["mainGroup"], DEMO))
    assert all(path.exists() for path in paths.values())

    built = {
        values["isa"]: {
            paths[objects[build]["fileRef"]]
            for build in values["files"]
            if "fileRef" in objects[build]
        }
        for values in objects.values()
        if values["isa"].endswith("BuildPhase")
    }
    assert built["PBXSourcesBuildPhase"] == set((APP / "Sources").rglob("*.swift"))
    resources = {"Assets.xcassets", "InfoPlist.xcstrings", "Localizable.xcstrings", "Models"}
    resources |= {"PrivacyInfo.xcprivacy"}
    assert {path.name for path in built["PBXResourcesBuildPhase"]} == resources
    assert set(paths.values()) == set.union(*built.values()) | {APP / "Info.plist"}


def _paths(objects: dict[str, Any], group: str, folder: Path) -> list[tuple[str, Path]]:
    found = []
    for child in objects[group]["children"]:
        values = objects[child]
        if values["sourceTree"] == "BUILT_PRODUCTS_DIR":
            continue
        path = folder / values.get("path", "")
        if values["isa"] == "PBXGroup":
            found += _paths(objects, child, path)
        else:
            found.append((child, path))
    return found


def test_every_reference_of_the_project_is_to_an_object(pbxproj: dict[str, Any]) -> None:
    objects = pbxproj["objects"]
    text = xcode.PROJECT.read_text()
    named = set(re.findall(r"\b[0-9A-F]{24}\b", text))
    assert named == set(objects)
    root = objects[pbxproj["rootObject"]]
    products = {
        values["productName"]: objects[values["package"]]["relativePath"]
        for values in objects.values()
        if values["isa"] == "XCSwiftPackageProductDependency"
    }
    assert products
    for product, package in products.items():
        assert f'.library(name: "{product}"' in (DEMO / package / "Package.swift").read_text()
    assert set(root["knownRegions"]) == {*LANGUAGES, "Base"}


def test_oldest_system_is_the_same_everywhere() -> None:
    specification = xcode.read_specification()
    assert specification["options"]["deploymentTarget"]["iOS"] == "16.0"
    assert specification["settings"]["base"]["IPHONEOS_DEPLOYMENT_TARGET"] == "16.0"
    for package in specification["packages"].values():
        assert ".iOS(.v16)" in (DEMO / package["path"] / "Package.swift").read_text()


def test_specification_names_only_what_exists() -> None:
    specification = xcode.read_specification()
    target = specification["targets"]["ActDemo"]
    settings = {**specification["settings"]["base"], **target["settings"]["base"]}
    for path in [source["path"] for source in target["sources"]] + [settings["INFOPLIST_FILE"]]:
        assert (DEMO / path).exists(), path
    assets = APP / "Assets.xcassets"
    assert (assets / f"{settings['ASSETCATALOG_COMPILER_APPICON_NAME']}.appiconset").is_dir()
    accent = settings["ASSETCATALOG_COMPILER_GLOBAL_ACCENT_COLOR_NAME"]
    assert (assets / f"{accent}.colorset").is_dir()


def test_information_list_is_complete() -> None:
    information = plistlib.loads((APP / "Info.plist").read_bytes())
    settings = xcode.read_specification()
    own = {**settings["settings"]["base"], **settings["targets"]["ActDemo"]["settings"]["base"]}
    used = set(re.findall(r"\$\((\w+)\)", (APP / "Info.plist").read_text()))
    assert used - set(own) == BY_XCODE
    assert {"en", "de"} <= set(information["CFBundleLocalizations"])
    # act-profile and Files reach the Documents folder through these.
    assert information["UIFileSharingEnabled"]
    assert information["LSSupportsOpeningDocumentsInPlace"]
    assert information["UILaunchScreen"] == {}
    assert not [key for key in information if key.endswith("UsageDescription")]


def test_privacy_manifest_declares_what_the_sources_use() -> None:
    privacy = plistlib.loads((APP / "PrivacyInfo.xcprivacy").read_bytes())
    assert privacy["NSPrivacyTracking"] is False
    assert privacy["NSPrivacyTrackingDomains"] == privacy["NSPrivacyCollectedDataTypes"] == []
    declared = {
        each["NSPrivacyAccessedAPIType"]: each["NSPrivacyAccessedAPITypeReasons"]
        for each in privacy["NSPrivacyAccessedAPITypes"]
    }
    # The engine is compiled into the app, too.
    engine = [path for path in sorted(ENGINE.iterdir()) if path.suffix in {".c", ".h"}]
    text = "\n".join(path.read_text() for path in [*sources(), *engine])
    used = {category for category, pattern in REASONS.items() if re.search(pattern, text)}
    assert set(declared) == used
    # Times between two events within the app; metadata of files in its own container.
    assert declared["NSPrivacyAccessedAPICategorySystemBootTime"] == ["35F9.1"]
    assert declared["NSPrivacyAccessedAPICategoryFileTimestamp"] == ["C617.1"]


def test_sources_ask_for_no_network() -> None:
    text = "\n".join(path.read_text() for path in sources())
    assert not re.search(r"URLSession|import Network|NWConnection|https?://", text)


def test_assets_are_there() -> None:
    for contents in (APP / "Assets.xcassets").rglob("Contents.json"):
        read = json.loads(contents.read_text())
        for image in read.get("images", []):
            assert (contents.parent / image["filename"]).is_file()
    with Image.open(APP / "Assets.xcassets" / "AppIcon.appiconset" / "icon.png") as icon:
        # The App Store takes no icon with transparency.
        assert (icon.size, icon.mode) == ((1024, 1024), "RGB")


def test_texts_are_in_both_languages_with_the_same_values() -> None:
    texts = catalog()
    assert set(texts) == words()
    for key, by in {**texts, **catalog("InfoPlist")}.items():
        assert set(by) == set(LANGUAGES), key
        assert all(by.values()), key
        places = {language: sorted(PLACE.findall(text)) for language, text in by.items()}
        assert all(found == places["en"] for found in places.values()), key
        assert places["en"] == [str(at + 1) for at in range(len(places["en"]))], key


def test_every_word_is_used() -> None:
    text = "\n".join(path.read_text() for path in sources() if path.name != "Word.swift")
    cases = re.findall(r"case (\w+)", (CORE / "Word.swift").read_text())
    unused = [case for case in cases if not re.search(rf"\.{case}\b", text)]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_those_of_the_android_demo(language: str) -> None:
    strings = ElementTree.parse(ANDROID / "res" / LANGUAGES[language] / "strings.xml").getroot()
    android = {each.attrib["name"]: _as_catalog(each.text or "") for each in strings}
    # Android opens folders too; on iOS the three files are chosen together.
    both = android.keys() - {"own_text"}
    texts = {key: by[language] for key, by in catalog().items() if key in both}
    assert len(texts) > 80
    assert texts == {key: android[key] for key in texts}
    assert catalog("InfoPlist")["CFBundleDisplayName"][language] == android["app_name"]


def _as_catalog(text: str) -> str:
    return re.sub(r"%(\d)\$[.\d]*[a-z]", r"%\1$@", text).replace("%%", "%")


def test_colours_are_those_of_the_android_demo() -> None:
    kotlin = (ANDROID / "kotlin" / "io" / "actmobile" / "demo" / "draw" / "Palette.kt").read_text()
    colours = re.compile(r"0x(?:ff)?([0-9a-f]{6})\b")
    swift = colours.findall((CORE / "Palette.swift").read_text())
    assert len(swift) == 2 * 18
    assert sorted(swift) == sorted(colours.findall(kotlin.split("companion object")[1])[: 2 * 18])


def test_models_are_not_committed() -> None:
    assert (APP / "Models" / ".gitignore").read_text() == "*\n!.gitignore\n"
