"""Listen: eight spoken commands among noise, other words and silence, as log-mel features.

A clip lasts 2.5 seconds and has no, one or two words, in a room, with noise. What was said is asked
150 ms after the end of each word; once in a clip, half a second or more from any word, the answer
is "nothing", as it is for the words that are no commands. Nothing is asked in between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from act_mobile.datasets import speech
from act_mobile.datasets.acoustics import Draw, Floats, heard_in, noise, room, with_rms
from act_mobile.datasets.logmel import HOP, RATE, WINDOW, log_mel

Arrays = dict[str, npt.NDArray[Any]]

COMMANDS = ("go", "no", "on", "off", "left", "lift", "light", "right")
OTHERS = ("list", "last", "life", "line", "ride", "rain", "own", "load", "lost", "often")
"""Words that sound like commands and are none."""
LABELS = ("nothing", *COMMANDS)

FRAMES = 250
SAMPLES = HOP * (FRAMES - 1) + WINDOW
WORDS = (0.2, 0.55, 0.25)
"""Parts of the clips with no, one and two words."""
OTHER = 0.25
"""Part of the words that are no commands."""
AFTER = 0.15
"""Seconds from a word's end to its question."""
AWAY = 0.5
"""Seconds from a word's end until the answer is "nothing" again."""
LOUDNESS = (-35.0, -15.0)
"""dB of full scale, of the words."""
NOISY, QUIET = (0.0, 15.0), (25.0, 45.0)
"""dB, of the words to the noise: one half of the clips, and the other."""
STEP = 4
"""Features are rounded to quarters, 2.5 dB: less than a word varies, and small in a file."""


@dataclass(frozen=True)
class Word:
    """A word in a clip, in samples from its beginning."""

    start: int
    end: int
    label: int


def words_of(draw: Draw) -> list[str]:
    """Draw what is said in a clip."""
    count = int(draw.choice(len(WORDS), p=WORDS))
    kinds = [OTHERS if draw.random() < OTHER else COMMANDS for _ in range(count)]
    return [str(draw.choice(kind)) for kind in kinds]


def mixed(texts: Sequence[str], voices: Sequence[Floats], draw: Draw) -> tuple[Floats, list[Word]]:
    """Mix a clip: words at random places, in one room, and noise.

    Args:
        voices: the samples of each text. A last one for which there is no room is left out.

    Returns:
        (SAMPLES,) samples between -1 and 1, and the words that are in them.
    """
    texts, voices = list(texts), list(voices)
    margin = math.ceil((AFTER + 0.05) * RATE)
    while (free := SAMPLES - sum(len(v) + margin for v in voices)) < 0:
        texts.pop()
        voices.pop()
    gaps = np.diff(np.sort(draw.integers(0, free + 1, len(voices))), prepend=0)
    loudness, response = draw.uniform(*LOUDNESS), room(draw)
    snr = draw.uniform(*(NOISY if draw.random() < 0.5 else QUIET))
    clip = with_rms(noise(SAMPLES, draw), loudness - snr)
    words, at = [], 0
    for text, voice, gap in zip(texts, voices, gaps, strict=True):
        start = at + int(gap)
        at = start + len(voice) + margin
        heard = heard_in(response, with_rms(voice, loudness + draw.uniform(-3, 3)))
        heard = heard[: SAMPLES - start]
        clip[start : start + len(heard)] += heard
        words.append(Word(start, start + len(voice), _label(text)))
    return np.clip(clip, -1, 1), words


def _label(text: str) -> int:
    return LABELS.index(text) if text in LABELS else 0


def questions(words: Sequence[Word], draw: Draw) -> Arrays:
    """Ask about a clip: ``targets``, ``mask`` and ``difficulty``, (FRAMES,) each.

    The difficulty of a frame is 1 while a word is being said, else 0.
    """
    targets, mask = np.zeros(FRAMES, np.int32), np.zeros(FRAMES, bool)
    speaking, quiet = np.zeros(FRAMES, np.int32), np.ones(FRAMES, bool)
    starts = HOP * np.arange(FRAMES)
    for word in words:
        asked = math.ceil((word.end + AFTER * RATE) / HOP)
        targets[asked], mask[asked] = word.label, True
        speaking[(starts + WINDOW > word.start) & (starts < word.end)] = 1
        quiet[(starts + WINDOW > word.start) & (starts < word.end + AWAY * RATE)] = False
    if places := np.flatnonzero(quiet).tolist():
        mask[draw.choice(places)] = True
    return {"targets": targets, "mask": mask, "difficulty": speaking}


def clips(count: int, seed: int, *, held_out: bool) -> Iterator[Arrays]:
    """Make clips: ``x`` (FRAMES, BANDS) float16, and their questions.

    A clip depends on the seed, its number and on those before it alone.

    Args:
        held_out: whether the voices are those kept for evaluation.

    Raises:
        UserError: eSpeak NG is not installed, or fails.
    """
    draws = [np.random.default_rng((seed, int(held_out), i)) for i in range(count)]
    texts = [words_of(draw) for draw in draws]
    utterances = [
        speech.drawn(text, draw, held_out=held_out)
        for said, draw in zip(texts, draws, strict=True)
        for text in said
    ]
    voices = speech.spoken(utterances)
    for said, draw in zip(texts, draws, strict=True):
        clip, words = mixed(said, [next(voices) for _ in said], draw)
        x = np.round(log_mel(clip) * STEP) / STEP
        yield {"x": x.astype(np.float16), **questions(words, draw)}


def thinned(clip: Arrays, every: int) -> Arrays:
    """Keep one frame of every so many; a question waits for the next that is kept."""
    kept = {name: array[::every] for name, array in clip.items()}
    frames = np.flatnonzero(clip["mask"])
    later = np.minimum(-(-frames // every), len(kept["mask"]) - 1)
    targets, mask = np.zeros_like(kept["targets"]), np.zeros_like(kept["mask"])
    targets[later], mask[later] = clip["targets"][frames], True
    return {**kept, "targets": targets, "mask": mask}


def arrays(count: int, seed: int, *, held_out: bool, every: int = 1) -> Arrays:
    """Make the arrays of ``train.npz`` or ``eval.npz``; see :func:`clips` and :func:`thinned`."""
    made = [thinned(clip, every) for clip in clips(count, seed, held_out=held_out)]
    return {
        **{name: np.stack([clip[name] for clip in made]) for name in made[0]},
        "labels": np.array("\n".join(LABELS)),
        "metric": np.array("accuracy"),
        "title": np.array("listen"),
        **({"every": np.array(every)} if every > 1 else {}),
        "difficulty_name": np.array("speech (1) or none (0)"),
    }
