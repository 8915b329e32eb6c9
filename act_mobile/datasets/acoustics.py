"""Rooms and noise, made: what lies between a voice and a microphone."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from act_mobile.datasets.logmel import RATE

Floats = npt.NDArray[np.float64]
Draw = np.random.Generator

BLOCK = 2048
"""Noise is made of whole blocks, for the sake of the Fourier transform's time."""

QUIET = 1e-3
"""A part of the loudest sample: what is below, at either end of an utterance, is silence."""


def resampled(samples: Floats, rate: int) -> Floats:
    """Resample (S,) samples from ``rate`` to RATE, band-limited: its spectrum is cut or filled."""
    shared = math.gcd(rate, RATE)
    blocks = -(-len(samples) * shared // rate)
    before, after = blocks * (rate // shared), blocks * (RATE // shared)
    spectrum = np.fft.rfft(samples, before)[: after // 2 + 1]
    return (np.fft.irfft(spectrum, after) * (after / before))[: round(len(samples) * RATE / rate)]


def trimmed(samples: Floats) -> Floats:
    """Cut off the silence at both ends; at least one sample is left."""
    loud = np.flatnonzero(np.abs(samples) >= QUIET * np.abs(samples).max(initial=0.0))
    return samples[loud[0] : loud[-1] + 1]


def with_rms(samples: Floats, decibels: float) -> Floats:
    """Scale samples to a root mean square, in dB of full scale; silence stays."""
    rms = np.sqrt(np.square(samples).mean())
    return samples * (10 ** (decibels / 20) / rms) if rms else samples


def room(draw: Draw) -> Floats:
    """Draw a room's impulse response: the direct sound, then noise that decays.

    The time in which it decays by 60 dB is 0.1 to 0.6 seconds; its energy, to that of the direct
    sound, -20 to 0 dB. All together have an energy of 1.
    """
    seconds = draw.uniform(0.1, 0.6)
    time = np.arange(1, round(seconds * RATE)) / RATE
    tail = draw.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail *= 10 ** (draw.uniform(-20, 0) / 20) / np.sqrt(np.square(tail).sum())
    response = np.concatenate([[1.0], tail])
    return response / np.sqrt(np.square(response).sum())


def heard_in(response: Floats, samples: Floats) -> Floats:
    """Convolve samples with a room's response; the reverberation makes them longer."""
    length = len(samples) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[:length]


def noise(count: int, draw: Draw) -> Floats:
    """Draw so many samples of noise: coloured, swelling, with a hum, with knocks; rms about 1.

    The power of the noise falls with f^0 (white) to f^2 (brown); each of the others is there in
    half of the cases.
    """
    size = -(-count // BLOCK) * BLOCK
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    spectrum = np.fft.rfft(draw.standard_normal(size))
    spectrum *= np.maximum(frequency, 40.0) ** (-draw.uniform(0, 2) / 2)
    made = with_rms(np.fft.irfft(spectrum, size)[:count], 0.0)
    time = np.arange(count) / RATE
    if draw.random() < 0.5:
        swell = np.sin(2 * np.pi * (draw.uniform(0.2, 3) * time + draw.random()))
        made *= 1 + draw.uniform(0.2, 0.9) * swell
    if draw.random() < 0.5:
        made += _hum(time, draw)
    if draw.random() < 0.5:
        for _ in range(draw.integers(1, 4)):
            made += _knock(count, draw)
    return made


def _hum(time: Floats, draw: Draw) -> Floats:
    """Mains or a motor: harmonics of 50 to 200 Hz."""
    base = draw.uniform(50, 200)
    parts = [np.sin(2 * np.pi * (k * base * time + draw.random())) / k for k in range(1, 8)]
    return with_rms(np.sum(parts, 0), draw.uniform(-10, 3))


def _knock(count: int, draw: Draw) -> Floats:
    """A burst of noise that decays within 5 to 100 ms."""
    start = draw.integers(count)
    time = np.arange(count - start) / RATE
    burst = draw.standard_normal(len(time)) * np.exp(-time / draw.uniform(0.005, 0.1) * 3)
    return np.concatenate([np.zeros(start), draw.uniform(1, 6) * burst])
