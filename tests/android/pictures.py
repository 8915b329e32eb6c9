"""``python -m tests.android.pictures FOLDER``: the app's pictures, by its own drawing code.

Three widths, light and dark: ``KIND-MODE-WIDTH.png``, two pixels to a dp. And whole screens,
``screen-NAME-MODE-WIDTH[-LANGUAGE].png``; those of 320 dp have letters of twice the size.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.android.apk import APP
from tests.android.jars import compiled_tests, runtime_environment, runtime_jars
from tests.android.models import exports
from tests.android.toolchain import junit


def draw(to: Path) -> str:
    """Draw them into a folder that is there, and check them; returns what JUnit printed."""
    with tempfile.TemporaryDirectory() as scratch:
        properties, variables = runtime_environment(Path(scratch))
        given = {"models": exports(), "pictures": to, "app": APP, "java.awt.headless": "true"}
        classes = ["io.actmobile.tests.PicturesTest", "io.actmobile.tests.ScreensTest"]
        return junit(
            classes, [*runtime_jars(), compiled_tests()], {**properties, **given}, variables
        )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    print(draw(folder.resolve()))
