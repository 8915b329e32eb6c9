"""Made rooms and noise, on tones whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from act_mobile.datasets.acoustics import heard_in, noise, resampled, room, trimmed, with_rms
from act_mobile.datasets.logmel import RATE


def tone(rate: int, frequency: float, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_a_resampled_tone_is_the_tone(rate: int) -> None:
    found, expected = resampled(tone(rate, 1000), rate), tone(RATE, 1000)
    assert len(found) == len(expected)
    assert np.allclose(found, expected, atol=1e-2)


def test_what_no_lower_rate_can_hold_is_cut() -> None:
    assert np.abs(resampled(tone(48_000, 12_000), 48_000)).max() < 1e-9


def test_silence_around_a_tone_is_trimmed() -> None:
    sound = tone(RATE, 500) + 2
    padded = np.concatenate([np.zeros(100), sound, np.zeros(70)])
    assert np.array_equal(trimmed(padded), sound)


def test_rms_is_as_asked_and_silence_stays() -> None:
    loud = with_rms(tone(RATE, 300), -20)
    assert np.sqrt(np.square(loud).mean()) == pytest.approx(0.1)
    assert not with_rms(np.zeros(10), -20).any()


def test_a_room_keeps_the_energy_and_decays() -> None:
    for seed in range(10):
        response = room(np.random.default_rng(seed))
        assert np.square(response).sum() == pytest.approx(1)
        assert response[0] == np.abs(response).max()
        first, last = np.array_split(np.square(response[1:]), 4)[::3]
        assert first.sum() > 100 * last.sum()


def test_reverberation_is_a_convolution() -> None:
    draw = np.random.default_rng(0)
    response, samples = draw.standard_normal(50), draw.standard_normal(333)
    assert np.allclose(heard_in(response, samples), np.convolve(response, samples))


def test_noise_is_drawn_finite_and_about_as_loud_as_one() -> None:
    made = [noise(RATE, np.random.default_rng(seed)) for seed in range(30)]
    levels = [np.sqrt(np.square(each).mean()) for each in made]
    assert all(len(each) == RATE for each in made)
    assert min(levels) > 0.5
    assert max(levels) < 4
    assert np.array_equal(made[3], noise(RATE, np.random.default_rng(3)))
    assert not np.array_equal(made[3], made[4])
