"""Listening: a sound file, the microphone, and what is no sound."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from act_engine import Model
from tests.web.page.browser import Page

pytestmark = pytest.mark.web

RATE = 16_000
WATCHED = """
import("act-engine").then(({ ActContext }) => {
  const { run } = ActContext.prototype;
  ActContext.prototype.run = function (x) {
    const found = run.call(this, x), frames = found.ponderSteps.length;
    window.timed = [frames, found.ponderSteps.reduce((all, each) => all + each, 0) / frames];
    return found;
  };
  return 0;
})
"""
"""Keeps how many frames the last call of the engine had, and their mean N."""
SUMMARY = "document.querySelector('[data-testid=listen-summary]').textContent"


def sound(seconds: float) -> npt.NDArray[np.float64]:
    """A tone that rises, and grows louder."""
    t = np.arange(int(seconds * RATE)) / RATE
    return 0.3 * (t / seconds) * np.sin(2 * np.pi * (300 + 900 * t) * t)


def written(path: Path, samples: npt.NDArray[np.float64]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def log_mel(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Features of the whole frames, (frames, 32), rounded to quarters; as logmel.js says."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    starts = 160 * np.arange((len(samples) - 400) // 160 + 1)
    frames = samples[starts[:, None] + np.arange(400)] * window / window.sum()
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    low, high = (2595 * np.log10(1 + f / 700) for f in (60, 7600))
    edges = 700 * (10 ** (np.linspace(low, high, 34) / 2595) - 1)
    k = np.arange(257) * RATE / 512
    rising = (k - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - k) / (edges[2:] - edges[1:-1])[:, None]
    energy = power @ np.maximum(0, np.minimum(rising, falling)).T
    return (np.round(4 * (10 * np.log10(energy + 1e-7) + 50) / 10) / 4).astype(np.float32)


def test_a_sound_file_is_heard_frame_by_frame(
    page: Page, site: str, exported: dict[str, Path], tmp_path: Path
) -> None:
    page.open(f"{site}#listen")
    samples = sound(1.2)
    page.choose("[data-testid=sound]", written(tmp_path / "tone.wav", samples))
    features = log_mel((samples * 32767).astype("<i2") / 32768)[::2]
    page.wait(f"{SUMMARY}.startsWith('{len(features)} frames')")
    steps = Model(exported["listen"]).context().run(features).ponder_steps
    # A feature on the border of two quarters may fall to either side.
    assert float(page.text("[data-testid=mean-steps]")) == pytest.approx(steps.mean(), rel=0.02)


def test_a_time_is_that_of_the_last_frames_with_their_state(
    page: Page, site: str, exported: dict[str, Path], tmp_path: Path
) -> None:
    """A net that skips has no time of its own for a frame: it depends on those before."""
    page.open(f"{site}#listen")
    page.evaluate(WATCHED)
    samples = sound(2.6)
    page.choose("[data-testid=sound]", written(tmp_path / "tone.wav", samples))
    features = log_mel((samples * 32767).astype("<i2") / 32768)[::2]
    page.wait(f"{SUMMARY}.startsWith('{len(features)} frames')")
    frames, mean = page.wait("window.timed && window.timed[0] > 99 && window.timed")
    steps = Model(exported["listen"]).context().run(features).ponder_steps
    assert 0.1 < steps.mean() < 0.9
    assert 100 <= frames < 110
    assert mean == pytest.approx(steps[-frames:].mean(), abs=0.03)


def test_a_net_that_skips_says_so(page: Page, site: str) -> None:
    page.open(f"{site}#listen")
    assert "0 to 1, until 0.5 sure" in page.text(".facts dl")
    assert page.evaluate("document.querySelectorAll('.battery input').length") == 1


def test_the_microphone_is_heard_until_it_is_stopped(page: Page, site: str) -> None:
    page.open(f"{site}#listen")
    page.click("[data-testid=listen]")
    page.wait("document.querySelector('.frame-steps').getAttribute('d').split('M').length > 10")
    page.click("[data-testid=listen]")
    page.wait(f"{SUMMARY}.includes('frames heard')")
    assert page.text("[data-testid=listen]") == "Listen"


def test_no_microphone_and_no_sound_are_said(page: Page, site: str, tmp_path: Path) -> None:
    page.before("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'))")
    page.open(f"{site}#listen")
    page.click("[data-testid=listen]")
    notice = "document.querySelector('#notice').textContent"
    page.wait(f"{notice}.includes('There is no microphone')")
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"no sound")
    page.choose("[data-testid=sound]", noise)
    page.wait(f"{notice}.includes('noise.wav is no sound')")
