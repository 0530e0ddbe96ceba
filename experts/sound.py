"""Sound as bytes and as numbers: FLAC in and out, and resampling."""

import io

import numpy as np

from auricle.experts.base import Waveform


def encode_flac(waveform: Waveform, sample_rate: int) -> bytes:
    """Return mono float32 samples in -1..1 as a 16-bit FLAC file; louder samples are clipped."""
    import soundfile

    file = io.BytesIO()
    steps = np.clip(np.rint(waveform * np.float32(32768)), -32768, 32767).astype(np.int16)
    soundfile.write(file, steps, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def decode_flac(audio: bytes) -> tuple[Waveform, int]:
    """Return the samples (float32, [samples]) of a mono file in memory and its rate in Hz.

    Raises:
        ValueError: says what is wrong with the bytes, in the same words every time.
    """
    import soundfile

    try:
        waveform, sample_rate = soundfile.read(io.BytesIO(audio), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise ValueError(error.error_string) from None
    return waveform, sample_rate


def resample(waveform: Waveform, from_rate: int, to_rate: int) -> Waveform:
    """Return the waveform at another rate in Hz, [samples] or [samples, channels]."""
    if from_rate == to_rate or not len(waveform):
        return waveform
    import soxr

    return np.asarray(soxr.resample(waveform, from_rate, to_rate), np.float32)
