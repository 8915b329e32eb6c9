"""Speak with eSpeak NG: a program of its own, ``python -m act_mobile.datasets.speaker``.

It reads a JSON array of utterances, each with the fields of
:class:`act_mobile.datasets.speech.Utterance`, and writes for each its samples a second and their
number, both uint32, and the samples, int16, all in this machine's byte order.

eSpeak NG keeps what it draws from one utterance to the next, also when it is ended and begun again:
only a process of its own says the same each time. The calls are those of its speak_lib.h.
"""

from __future__ import annotations

import ctypes
import json
import struct
import sys
from typing import Any

SYNCHRONOUS = 2
"""AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, while espeak_Synth runs."""
DONT_EXIT = 0x8000
SPEED, PITCH, RANGE = 1, 3, 4
SEED = 1
"""eSpeak NG, which draws small variations, begins with the time of day unless it is told."""
CHARACTERS = 1
"""Positions in a text are counted in characters."""
UTF8 = 1

CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Speaker:
    """The library, begun.

    Raises:
        RuntimeError: it cannot be begun, or an utterance cannot be spoken.
    """

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        begin, synth = self._library.espeak_Initialize, self._library.espeak_Synth
        begin.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint),
            *(ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        self.rate = int(begin(SYNCHRONOUS, 0, data.encode(), DONT_EXIT))
        if self.rate <= 0:
            raise RuntimeError(f"eSpeak NG could not begin: {self.rate}")
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        self._heard = bytearray()
        self._callback = CALLBACK(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def _hear(self, samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, 2 * count)
        return 0

    def say(self, text: str, voice: str, speed: int, pitch: int, pitch_range: int) -> bytes:
        """Speak a text: int16 samples."""
        self._heard.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
        for parameter, value in ((SPEED, speed), (PITCH, pitch), (RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        letters = text.encode()
        failed = self._library.espeak_Synth(
            letters, len(letters) + 1, 0, CHARACTERS, 0, UTF8, None, None
        )
        if failed or not self._heard:
            raise RuntimeError(f"eSpeak NG could not say {text!r} as {voice!r}")
        return bytes(self._heard)


def main() -> None:
    """Speak what stdin asks for."""
    import espeakng_loader

    speaker = Speaker(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
    for utterance in json.load(sys.stdin):
        samples = speaker.say(**utterance)
        sys.stdout.buffer.write(struct.pack("=II", speaker.rate, len(samples) // 2) + samples)


if __name__ == "__main__":
    main()
