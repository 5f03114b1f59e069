"""Recordings that can be heard: two tones in turn, as two people speak."""

import io
import math
import struct
import wave

RATE = 8000
LONGEST = 20.0  # seconds


def recording(seconds):
    """:param float seconds: of the talk; :return bytes: WAV, 16 bit, 8 kHz, mono"""
    count = int(RATE * min(max(seconds, 1.0), LONGEST))
    samples = (
        int(6000 * math.sin(2 * math.pi * (220, 330)[place // RATE % 2] * place / RATE))
        for place in range(count)
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{count}h", *samples))
    return file.getvalue()
