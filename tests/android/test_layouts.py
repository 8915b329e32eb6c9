"""The app's layouts and words, read from their XML: contrast, size of what is touched, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.android

APP = Path(__file__).parents[2] / "android_demo/app/src/main"
RES = APP / "res"
ANDROID = "{http://schemas.android.com/apk/res/android}"

LEAST_TOUCH = 48
"""dp, as Android's accessibility guide asks."""

LEAST_CONTRAST = 4.5
"""For text, as WCAG 2 AA asks."""

TOUCHED = ("Button", "SeekBar", "EditText")


def styles() -> dict[str, dict[str, str]]:
    """The items of each style, with those that it inherits."""
    found: dict[str, dict[str, str]] = {}
    for style in ElementTree.parse(RES / "values/styles.xml").iter("style"):
        items = {i.attrib["name"].removeprefix("android:"): i.text or "" for i in style}
        found[style.attrib["name"]] = {**found.get(style.get("parent", ""), {}), **items}
    return found


def views() -> Iterator[tuple[str, ElementTree.Element, dict[str, str]]]:
    """Layout, element and attributes of every view, those of its style among them."""
    known = styles()
    for file in sorted((RES / "layout").glob("*.xml")):
        for element in ElementTree.parse(file).iter():
            style = element.get("style", "").removeprefix("@style/")
            own = {
                name.removeprefix(ANDROID): value
                for name, value in element.attrib.items()
                if name.startswith(ANDROID)
            }
            yield file.stem, element, {**known.get(style, {}), **own}


def strings(folder: str) -> dict[str, str]:
    file = RES / folder / "strings.xml"
    return {each.attrib["name"]: each.text or "" for each in ElementTree.parse(file).iter("string")}


def test_what_is_touched_is_large_and_has_a_name() -> None:
    count = 0
    for layout, element, attributes in views():
        if element.tag not in TOUCHED:
            continue
        count += 1
        where = f"{layout}: {attributes.get('id', element.tag)}"
        assert int(attributes["minHeight"].removesuffix("dp")) >= LEAST_TOUCH, where
        named = {"text", "contentDescription", "hint"} & attributes.keys()
        assert named or layout == "tab", where
    assert count > 20


def test_text_grows_with_the_font_and_nothing_has_a_fixed_size() -> None:
    """At a font scale of 2 lines wrap and views grow."""
    for layout, element, attributes in views():
        for name in ("layout_width", "layout_height"):
            value = attributes.get(name)
            assert value in (None, "match_parent", "wrap_content"), (layout, element.tag)
        size = attributes.get("textSize", "16sp")
        assert size.endswith("sp"), (layout, size)


def arguments(text: str) -> list[str]:
    """Where a format puts something, and as what."""
    return sorted(re.findall(r"%\d\$(?:\.\d)?[sdf]", text))


def test_every_word_is_a_resource() -> None:
    for layout, element, attributes in views():
        for name in ("text", "contentDescription", "hint"):
            assert attributes.get(name, "@string/").startswith("@string/"), (layout, element.tag)
    for file in (APP / "kotlin").rglob("*.kt"):
        assert not re.search(r'\.text = "[A-Za-z]', file.read_text()), file


def test_both_languages_say_everything() -> None:
    english, german = strings("values"), strings("values-de")
    assert english.keys() == german.keys()
    for name, text in english.items():
        assert arguments(text) == arguments(german[name]), name
    used = set()
    for file in [*(APP / "kotlin").rglob("*.kt"), *APP.rglob("*.xml")]:
        used |= set(re.findall(r"(?:R\.string\.|@string/)(\w+)", file.read_text()))
    assert used == english.keys()


@pytest.mark.parametrize("folder", ["values", "values-night"])
def test_colours_have_contrast(folder: str) -> None:
    colours = {
        each.attrib["name"]: each.text or ""
        for each in ElementTree.parse(RES / folder / "colors.xml").iter("color")
    }
    for ground in ("paper", "card"):
        for ink in ("ink", "soft", "accent", "wrong"):
            assert contrast(colours[ink], colours[ground]) >= LEAST_CONTRAST, (ink, ground)
    # The pictures have the same colours.
    mode = "LIGHT" if folder == "values" else "DARK"
    palette = (APP / "kotlin/io/actmobile/demo/draw/Palette.kt").read_text()
    drawn = palette[palette.index(f"val {mode} =") :]
    for name in ("paper", "card", "ink", "soft", "wrong"):
        found = re.search(rf"\b{name} = 0xff(\w+)\.toInt", drawn)
        assert found is not None
        assert f"#{found[1]}" == colours[name]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(w * s for w, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
