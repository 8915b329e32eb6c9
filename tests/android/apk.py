"""The app's resources as Android's own tools build them: aapt2, from Debian's packages."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from act_artefact.cache import cache, kept
from tests.android.toolchain import run

CHECKOUT = Path(__file__).parents[2]
APP = CHECKOUT / "android_demo" / "app" / "src" / "main"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
"""Resources of Android 10 (API 29)."""

PACKAGE = "io.actmobile.demo"
MIN_SDK, TARGET_SDK = 24, 36
VERSION = "0.1"


def linked() -> Path:
    """A folder with ``base.apk``, which has resources and manifest alone, and ``R.java``.

    ``proto.apk`` is the same in the form of a bundle.
    """
    files = [file for file in sorted((APP / "res").rglob("*")) if file.is_file()]
    key = hashlib.sha256(repr((MIN_SDK, TARGET_SDK, VERSION)).encode())
    for file in [*files, APP / "AndroidManifest.xml"]:
        key.update(str(file.relative_to(APP)).encode() + b"\0" + file.read_bytes())
    return kept(cache() / "android" / f"linked-{key.hexdigest()[:16]}", _link)


def _link(to: Path) -> None:
    to.mkdir()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(["aapt2", "compile", "--dir", APP / "res", "-o", folder / "res.zip"])
        # What Gradle would add.
        manifest = (APP / "AndroidManifest.xml").read_text()
        stated = f'package="{PACKAGE}" android:versionCode="1" android:versionName="{VERSION}"'
        named = manifest.replace("<manifest ", f"<manifest {stated} ", 1)
        (folder / "AndroidManifest.xml").write_text(named)
        link: list[str | Path] = ["aapt2", "link", "-I", FRAMEWORK]
        link += ["--manifest", folder / "AndroidManifest.xml", "--java", folder / "java"]
        link += ["--min-sdk-version", str(MIN_SDK), "--target-sdk-version", str(TARGET_SDK)]
        run([*link, "-o", to / "base.apk", folder / "res.zip"])
        run([*link, "--proto-format", "-o", to / "proto.apk", folder / "res.zip"])
        (source,) = (folder / "java").rglob("R.java")
        source.rename(to / "R.java")
