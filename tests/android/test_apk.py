"""The app as a signed APK and as a bundle; the Gradle project that users open."""

from __future__ import annotations

import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.android.jars import CHECKOUT, DEMO
from tests.android.models import exports
from tests.android.package import misaligned, sign, write_apk, write_bundle
from tests.android.toolchain import bundletool, ktlint, need, run

pytestmark = pytest.mark.android

TEXT = "charlm-onnx-loop-fp32-budget"


def test_the_apk_is_signed_and_fits_large_pages(tmp_path: Path) -> None:
    need("npm", "java", "javac", "aapt2", "zipalign", "apksigner", "keytool")
    assets = tmp_path / "models"
    shutil.copytree(exports() / TEXT, assets / TEXT)
    write_apk(tmp_path / "unsigned.apk", assets)
    apk = tmp_path / "app.apk"
    sign(tmp_path / "unsigned.apk", apk, tmp_path)
    print(f"APK: {apk.stat().st_size:,} bytes")
    with zipfile.ZipFile(apk) as files:
        for part in files.infolist():
            print(f"  {part.filename}: {part.compress_size:,} bytes")
    badging = run(["aapt2", "dump", "badging", apk])
    for line in (
        "package: name='io.actmobile.demo'",
        "sdkVersion:'24'",
        "targetSdkVersion:'36'",
        "launchable-activity: name='io.actmobile.demo.MainActivity'",
        "application-label-de:'Beim Denken zusehen'",
        "native-code: 'arm64-v8a'",
    ):
        assert line in badging
    assert "uses-permission" not in badging.replace(
        "uses-permission: name='android.permission.DUMP'", ""
    )
    verified = run(["apksigner", "verify", "--verbose", "--min-sdk-version", "24", apk])
    assert "APK Signature Scheme v2): true" in verified
    run(["zipalign", "-c", "-p", "4", apk])
    assert misaligned(apk) == []
    exported = run(["aapt2", "dump", "xmltree", "--file", "AndroidManifest.xml", apk])
    assert exported.count("android:exported(0x01010010)=true") == 2
    assert exported.count('permission(0x01010006)="android.permission.DUMP"') == 1
    assert "debuggable" not in exported


def test_the_bundle_is_valid(tmp_path: Path) -> None:
    need("npm", "java", "javac", "aapt2")
    write_bundle(tmp_path / "app.aab")
    run(["java", "-jar", bundletool(), "validate", f"--bundle={tmp_path / 'app.aab'}"])
    with zipfile.ZipFile(tmp_path / "app.aab") as bundle:
        assert "base/dex/classes.dex" in bundle.namelist()


def test_kotlin_is_in_one_style() -> None:
    need("npm", "java")
    files = ["android_demo/**/*.kt", "android_demo/**/*.kts", "tests/android/**/*.kt"]
    ktlint(files, DEMO / ".editorconfig", CHECKOUT)


def test_the_gradle_project_is_whole() -> None:
    """No Gradle is here: its catalogue, its modules and what they name fit each other."""
    catalogue = tomllib.loads((DEMO / "gradle/libs.versions.toml").read_text())
    used = set()
    for script in DEMO.rglob("*.gradle.kts"):
        text = script.read_text()
        used |= set(
            re.findall(r"libs\.((?:plugins\.|versions\.)?[A-Za-z.]+?)(?:\.get\(\)|\))", text)
        )
    known = {f"plugins.{name.replace('-', '.')}" for name in catalogue["plugins"]}
    known |= {f"versions.{name}" for name in catalogue["versions"]}
    known |= {name.replace("-", ".") for name in catalogue["libraries"]}
    assert used
    assert used <= known
    for entry in (*catalogue["libraries"].values(), *catalogue["plugins"].values()):
        assert entry["version"]["ref"] in catalogue["versions"]
    modules = re.findall(r'":([a-z-]+)"', (DEMO / "settings.gradle.kts").read_text())
    assert modules == ["act", "act-android", "app"]
    assert all((DEMO / module / "build.gradle.kts").is_file() for module in modules)
