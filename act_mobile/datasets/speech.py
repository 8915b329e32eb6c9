"""Voices of eSpeak NG: who speaks, and their words as samples.

They are synthetic, rules and formants: a model that was trained on them alone has heard no person.

eSpeak NG is GPL-3.0-or-later. It is no part of this project, which calls it in a process of its own
if the user has installed it: the extra ``speech``, for the package espeakng-loader.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from act_artefact.errors import UserError
from act_artefact.extras import require
from act_mobile.datasets.acoustics import Draw, Floats, resampled, trimmed

ACCENTS = (
    *("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
    *("en-us-nyc", "en-029"),
)

SPEAKERS = (
    *("Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique"),
    *("Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "Reed", "Storm"),
    *("adam", "anika", "announcer", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb"),
    *("croak", "david", "ed", "edward", "edward2", "f1", "f2", "f3", "f4", "f5", "gustave", "ian"),
    *("iven", "iven2", "iven3", "john", "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4"),
    *("linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "max", "michel"),
    *("miguel", "mike2", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro"),
    *("shelby", "steph", "steph2", "steph3", "travis", "victor", "zac"),
)
"""Voice variants. Every fifth is kept for evaluation, so that a model is judged by voices that it
has not heard."""


@dataclass(frozen=True)
class Utterance:
    """A text and who says it how."""

    text: str
    voice: str
    """An accent and a variant, ``en-us+f3``."""
    speed: int
    """Words a minute."""
    pitch: int
    """0 to 100."""
    pitch_range: int
    """0, a monotone, to 100."""


def drawn(text: str, draw: Draw, *, held_out: bool) -> Utterance:
    """Draw who says a text: one of the voices kept for evaluation, or one of the others."""
    speakers = [name for i, name in enumerate(SPEAKERS) if (i % 5 == 4) == held_out]
    voice = f"{ACCENTS[draw.integers(len(ACCENTS))]}+{speakers[draw.integers(len(speakers))]}"
    speed, pitch, pitch_range = draw.integers((130, 20, 20), (230, 80, 90))
    return Utterance(text, voice, int(speed), int(pitch), int(pitch_range))


def require_voices() -> None:
    """Check that eSpeak NG is there.

    Raises:
        UserError: the package that brings it is not installed.
    """
    require("espeakng_loader", "speech")


def spoken(utterances: Sequence[Utterance]) -> Iterator[Floats]:
    """Speak: samples at :data:`act_mobile.datasets.logmel.RATE`, without the silence around them.

    The same utterances in the same order give the same samples.

    Raises:
        UserError: eSpeak NG is not installed, or fails.
    """
    require_voices()
    asked = json.dumps([asdict(each) for each in utterances]).encode()
    done = subprocess.run(
        [sys.executable, "-P", "-m", f"{__package__}.speaker"],
        input=asked,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise UserError(
            f"eSpeak NG failed ({''.join(last) or done.returncode}): "
            "reinstall it, pip install --force-reinstall act-mobile[speech]"
        )
    at = 0
    for _ in utterances:
        rate, count = struct.unpack_from("=II", done.stdout, at)
        samples = np.frombuffer(done.stdout, np.int16, count, at + 8)
        at += 8 + 2 * count
        yield trimmed(resampled(samples / 32768, rate))
