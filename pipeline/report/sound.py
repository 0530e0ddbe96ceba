"""The sound of a clip as a page embeds it."""

import io

from auricle.experts.sound import decode_flac

_COMPRESSION = 0.6
"""Of libsndfile's 0 to 1: about 60 kB for ten seconds of speech at 16 kHz."""


def mp3(flac: bytes) -> bytes:
    """Return a clip as MP3, which every browser plays, a third the size of its FLAC.

    Raises:
        ValueError: the bytes are no sound.
    """
    import soundfile

    samples, rate = decode_flac(flac)
    file = io.BytesIO()
    soundfile.write(
        file, samples, rate, format="MP3", subtype="MPEG_LAYER_III",
        compression_level=_COMPRESSION, bitrate_mode="VARIABLE",
    )  # fmt: skip
    return file.getvalue()
