"""The front end against the formula that its module states."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from act_mobile.datasets import logmel
from act_mobile.datasets.logmel import BANDS, FFT, HOP, RATE, WINDOW, log_mel


def mel(f: float) -> float:
    return 2595 * math.log10(1 + f / 700)


def by_the_formula(samples: list[float], t: int) -> list[float]:
    """Compute the features of frame t, sum by sum as the docstring has them."""
    w = [0.5 - 0.5 * math.cos(2 * math.pi * n / WINDOW) for n in range(WINDOW)]
    frame = [w[n] * samples[HOP * t + n] for n in range(WINDOW)]
    power = []
    for k in range(FFT // 2 + 1):
        x = sum(a * cmath.exp(-2j * math.pi * k * n / FFT) for n, a in enumerate(frame))
        power.append(abs(x / sum(w)) ** 2)
    steps = [mel(60) + i * (mel(7600) - mel(60)) / (BANDS + 1) for i in range(BANDS + 2)]
    edges = [700 * (10 ** (m / 2595) - 1) for m in steps]
    features = []
    for b in range(BANDS):
        energy = 0.0
        for k, p in enumerate(power):
            f = k * RATE / FFT
            rise = (f - edges[b]) / (edges[b + 1] - edges[b])
            fall = (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1])
            energy += max(0.0, min(rise, fall)) * p
        features.append((10 * math.log10(energy + 1e-7) + 50) / 10)
    return features


@pytest.mark.parametrize("level", [1.0, 1e-2, 1e-5])
def test_features_are_those_of_the_formula(level: float) -> None:
    samples = level * np.random.default_rng(0).uniform(-1, 1, 2 * HOP + WINDOW)
    found = log_mel(samples)
    assert found.shape == (3, BANDS)
    for t in (0, 2):
        assert np.allclose(found[t], by_the_formula(samples.tolist(), t), atol=1e-9)


def test_silence_is_the_least_and_a_sine_is_in_its_band() -> None:
    assert np.allclose(log_mel(np.zeros(WINDOW)), -2.0)
    sine = np.sin(2 * np.pi * 1000 * np.arange(WINDOW) / RATE)
    x = log_mel(sine)[0]
    middle = (np.arange(BANDS + 1) + 1) * (mel(7600) - mel(60)) / (BANDS + 1) + mel(60)
    assert x.argmax() == np.abs(middle[:BANDS] - mel(1000)).argmin()
    assert 4 < x.max() < 5


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_only_whole_frames_count(samples: int, frames: int) -> None:
    assert logmel.frames_in(samples) == frames
    assert log_mel(np.zeros(samples)).shape == (frames, BANDS)
