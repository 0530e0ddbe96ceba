"""What the experts hear of the room and the recording."""

from typing import Annotated, Literal

from auricle.schemas.annotation import LabelScore
from auricle.schemas.base import Record, Row, about


class Quality(Row):
    """Predicted opinion of the quality of the speech, 1 to 5. Speech only."""

    speech: Annotated[float | None, about("quality of the voice itself", "MOS")] = None
    background: Annotated[float | None, about("5 is no background intrusion", "MOS")] = None
    overall: Annotated[float | None, about("overall quality", "MOS")] = None
    noisiness: Annotated[float | None, about("5 is no noise", "MOS")] = None
    coloration: Annotated[float | None, about("5 is a natural colour", "MOS")] = None
    discontinuity: Annotated[float | None, about("5 is no interruption", "MOS")] = None
    loudness: Annotated[float | None, about("5 is the best level", "MOS")] = None


class Reverb(Row):
    """How the room answers. Skipped with `no_decays` where nothing lets it be heard."""

    rt60: Annotated[float | None, about("time to fall by 60 dB", "s")] = None
    c50: Annotated[float | None, about("sound before 50 ms over sound after", "dB")] = None
    decays: Annotated[int | None, about("free decays it was measured on")] = None
    confidence: Annotated[float | None, about("0 to 1")] = None


class Degradation(Record):
    """One thing that is wrong with a recording."""

    kind: Literal[
        "hum",
        "clipping",
        "dropouts",
        "band_limit",
        "low_bitrate",
        "wind",
        "hiss",
        "crackle",
        "dc_offset",
    ]
    score: Annotated[float, about("belief that it is there, 0 to 1")]
    value: Annotated[
        float | None,
        about(
            "hum, band limit: Hz; clipping: share; dropouts, crackle: a second; hiss: dBFS; "
            "dc_offset: full scale is 1"
        ),
    ] = None


class Degradations(Row):
    """What is wrong with the recording, only where it was measured."""

    found: Annotated[tuple[Degradation, ...], about("surest first")] = ()
    snr: Annotated[
        float | None, about("speech over the noise in its pauses; null without pauses", "dB")
    ] = None
    noise: Annotated[
        tuple[LabelScore, ...], about("kind of noise behind the sound, surest first")
    ] = ()
