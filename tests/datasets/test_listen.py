"""Clips: where words are and what is asked, with tones in place of voices; then with voices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from act_artefact.errors import UserError
from act_mobile.datasets import listen, speech
from act_mobile.datasets.acoustics import Floats
from act_mobile.datasets.listen import COMMANDS, FRAMES, LABELS, OTHERS, SAMPLES, Word
from act_mobile.datasets.logmel import BANDS, HOP, RATE, WINDOW, log_mel
from act_mobile.datasets.speech import SPEAKERS, Utterance

NO_VOICES = "needs eSpeak NG from the package espeakng-loader: pip install act-mobile[speech]"


def tone(index: int, seconds: float = 0.4) -> Floats:
    """A tone of its own for every word."""
    return np.sin(2 * np.pi * (300 + 150 * index) * np.arange(round(RATE * seconds)) / RATE)


def spoken_by_tones(utterances: Sequence[Utterance]) -> Iterator[Floats]:
    """Stand in for eSpeak NG: each text is a tone, whose length is the speaker's speed."""
    texts = [*COMMANDS, *OTHERS]
    return (tone(texts.index(each.text), 50 / each.speed) for each in utterances)


words = st.lists(st.sampled_from([*COMMANDS, *OTHERS]), max_size=3)


@given(words, st.integers(0, 1000), st.floats(0.05, 1.5))
@settings(max_examples=40, deadline=None)
def test_every_word_of_a_clip_has_its_question_after_its_end(
    texts: list[str], seed: int, seconds: float
) -> None:
    draw = np.random.default_rng(seed)
    clip, said = listen.mixed(texts, [tone(i, seconds) for i in range(len(texts))], draw)
    assert clip.shape == (SAMPLES,)
    assert np.abs(clip).max() <= 1
    assert len(said) == len(texts) or (len(said) + 1) * (seconds + 0.2) > SAMPLES / RATE
    assert [w.label for w in said] == [
        LABELS.index(t) if t in LABELS else 0 for t in texts[: len(said)]
    ]
    asked = listen.questions(said, draw)
    frames = np.flatnonzero(asked["mask"])
    for word in said:
        frame = next(t for t in frames if HOP * t >= word.end)
        assert HOP * frame - word.end == pytest.approx(0.15 * RATE, abs=HOP)
        assert asked["targets"][frame] == word.label
    others = [t for t in frames if not any(0 <= HOP * t - w.end < 0.2 * RATE for w in said)]
    assert len(others) <= 1
    for t in others:
        assert asked["targets"][t] == 0
        assert all(HOP * t + WINDOW <= w.start or HOP * t >= w.end + 0.5 * RATE for w in said)
    assert not asked["targets"][~asked["mask"]].any()


def test_difficulty_is_where_a_word_is_said() -> None:
    word = Word(start=10 * HOP, end=20 * HOP, label=1)
    speaking = listen.questions([word], np.random.default_rng(0))["difficulty"]
    assert np.flatnonzero(speaking).tolist() == list(range(8, 20))


def test_words_are_louder_than_a_quiet_room() -> None:
    for seed in range(20):
        clip, (word,) = listen.mixed(["go"], [tone(1)], np.random.default_rng(seed))
        heard = np.square(clip[word.start : word.end]).mean()
        rest = np.square(np.delete(clip, slice(word.start, word.end + RATE // 2))).mean()
        assert heard > 0.8 * rest


def test_clips_are_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "spoken", spoken_by_tones)
    made = listen.arrays(6, 1, held_out=False)
    assert made["x"].shape == (6, FRAMES, BANDS)
    assert made["x"].dtype == np.float16
    assert np.array_equal(made["x"] * 4, np.round(made["x"] * 4))
    assert str(made["labels"]).split("\n") == list(LABELS)
    again, fewer = (listen.arrays(count, 1, held_out=False) for count in (6, 4))
    assert all(np.array_equal(made[name], again[name]) for name in made)
    assert np.array_equal(made["x"][:4], fewer["x"])
    assert not np.array_equal(made["x"], listen.arrays(6, 2, held_out=False)["x"])
    assert not np.array_equal(made["x"], listen.arrays(6, 1, held_out=True)["x"])


@pytest.mark.parametrize("every", [1, 4, 10])
def test_thinned_clips_ask_the_same_at_a_frame_that_is_kept(
    every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "spoken", spoken_by_tones)
    whole, thin = (listen.arrays(12, 0, held_out=False, every=k) for k in (1, every))
    assert np.array_equal(thin["x"], whole["x"][:, ::every])
    for was, now, before, after in zip(
        whole["mask"], thin["mask"], whole["targets"], thin["targets"], strict=True
    ):
        assert before[was].tolist() == after[now].tolist()
        late = every * np.flatnonzero(now) - np.flatnonzero(was)
        assert ((late < every) & (late > -every)).all()


def test_voices_for_evaluation_are_not_among_those_for_training() -> None:
    draw = np.random.default_rng(0)
    heard, held_out = (
        {speech.drawn("go", draw, held_out=h).voice.split("+")[1] for _ in range(2000)}
        for h in (False, True)
    )
    assert not heard & held_out
    assert heard | held_out == set(SPEAKERS)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "espeakng_loader", None)
    with pytest.raises(UserError, match=r"espeakng_loader is not installed: .*\[speech\]"):
        list(speech.spoken([]))


@pytest.fixture(scope="module")
def voices() -> None:
    pytest.importorskip("espeakng_loader", reason=NO_VOICES)


@pytest.mark.usefixtures("voices")
def test_espeak_speaks_the_same_each_time_and_differs_by_voice() -> None:
    asked = [
        Utterance(text, voice, speed, 50, 50)
        for text, voice, speed in itertools.product(
            ["left", "go"], ["en-us", "en+f3", "en-us-nyc+m2"], [140, 220]
        )
    ]
    first, second = list(speech.spoken(asked)), list(speech.spoken(asked))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert all(0.1 * RATE < len(each) < RATE for each in first)
    slow, fast = first[::2], first[1::2]
    assert all(len(a) > len(b) for a, b in zip(slow, fast, strict=True))
    assert len({each.tobytes() for each in first}) == len(first)


@pytest.mark.usefixtures("voices")
def test_every_speaker_and_accent_says_a_word() -> None:
    asked = [Utterance("left", f"en-us+{name}", 170, 50, 50) for name in SPEAKERS]
    asked += [Utterance("left", name, 170, 50, 50) for name in speech.ACCENTS]
    for samples, utterance in zip(speech.spoken(asked), asked, strict=True):
        assert 0.15 * RATE < len(samples) < RATE, utterance
        assert log_mel(samples).max() > 1, utterance


@pytest.mark.usefixtures("voices")
def test_a_voice_that_espeak_does_not_have_is_one_line() -> None:
    with pytest.raises(UserError, match=r"eSpeak NG failed \(.*no voice 'xx-none'\)"):
        list(speech.spoken([Utterance("go", "xx-none", 170, 50, 50)]))


@pytest.mark.usefixtures("voices")
def test_clips_of_voices_have_all_that_a_training_reads() -> None:
    made = listen.arrays(8, 0, held_out=True)
    x: npt.NDArray[np.float16] = made["x"]
    assert np.isfinite(x).all()
    speaking = made["difficulty"].astype(bool)
    assert x[speaking].mean() > x[~speaking].mean() + 0.3
