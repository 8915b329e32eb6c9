"""Log-mel features: the front end of models that listen, written so that an app can repeat it.

Frame t is made of the 400 samples from 160 t on (25 ms every 10 ms, at 16 kHz):

    X[t, k] = sum over n of  w[n] a[160 t + n] exp(-2 pi i k n / 512),    w Hann's window of 400
    P[t, k] = |X[t, k] / sum(w)|^2                                        k = 0 ... 256
    E[t, b] = sum over k of  F[b, k] P[t, k]                              b = 0 ... BANDS - 1
    x[t, b] = (10 log10(E[t, b] + 1e-7) + 50) / 10

F[b] is a triangle over frequency that rises from edge b to edge b + 1 and falls to edge b + 2; the
edges lie evenly from 60 to 7600 Hz on the mel scale 2595 log10(1 + f / 700). The samples a are
between -1 and 1. What is quieter than 1e-7 gives x = -2, a full-scale sine about 4.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RATE = 16_000
"""Samples a second."""
WINDOW, HOP, FFT = 400, 160, 512
"""Samples of a frame, from one frame to the next, and with the zeros behind a frame."""
BANDS = 32
LOWEST, HIGHEST = 60.0, 7600.0
"""Hz, where the first triangle begins and the last ends."""
FLOOR = 1e-7
"""Added to every band's energy: -70 dB of full scale."""
MIDDLE, SCALE = -50.0, 10.0
"""dB that become 0, and dB that become 1."""


def log_mel(samples: npt.NDArray[np.floating]) -> Floats:
    """Compute x as the module says: (S,) samples -> (frames, BANDS), frames = frames_in(S)."""
    starts = HOP * np.arange(frames_in(len(samples)))
    frames = np.asarray(samples, np.float64)[starts[:, None] + np.arange(WINDOW)]
    spectrum = np.fft.rfft(frames * window(), FFT) / window().sum()
    energy = np.square(np.abs(spectrum)) @ triangles().T
    return (10 * np.log10(energy + FLOOR) - MIDDLE) / SCALE


def frames_in(samples: int) -> int:
    """Count the whole frames of so many samples."""
    return max(0, (samples - WINDOW) // HOP + 1)


def window() -> Floats:
    """Hann's window, periodic, (WINDOW,)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def triangles() -> Floats:
    """Compute F, (BANDS, FFT / 2 + 1)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    k = np.arange(FFT // 2 + 1) * RATE / FFT
    below, peak, above = (edges[i : i + BANDS, None] for i in range(3))
    return np.maximum(0, np.minimum((k - below) / (peak - below), (above - k) / (above - peak)))
