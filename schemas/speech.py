"""What the experts hear of speech: who speaks, how, in which language and with what words."""

from typing import Annotated, Literal

from auricle.schemas.annotation import LabelScore, Span, Unjudged
from auricle.schemas.base import Record, Row, about


class Turn(Span):
    """A stretch in which one speaker speaks. Turns of different speakers may overlap."""

    speaker: Annotated[str, about("A, B, C ... in the order they are first heard")]


class Diarization(Row):
    """Who speaks when."""

    turns: Annotated[tuple[Turn, ...], about("in time order")] = ()
    speakers: Annotated[int | None, about("how many people speak")] = None
    confidence: Annotated[
        float | None, about("belief that the number of speakers is right; under 0.5 is unsure")
    ] = None
    overlap_seconds: Annotated[
        float | None,
        about("how long several speak at once; null when not heard", "s"),
    ] = None


class Language(Row):
    """The language that is spoken."""

    language: Annotated[str | None, about("ISO 639 code; null when unsure")] = None
    probability: Annotated[float | None, about("of the first candidate")] = None
    candidates: Annotated[tuple[LabelScore, ...], about("most likely codes, first first")] = ()
    speech_seconds: Annotated[float | None, about("how much speech it was judged on", "s")] = None


class LanguageOpinion(Row):
    """A second opinion on the language, from another model."""

    language: Annotated[str | None, about("ISO 639 code; null when unsure")] = None
    probability: Annotated[float | None, about("of the first candidate")] = None
    candidates: Annotated[tuple[LabelScore, ...], about("most likely codes, first first")] = ()
    agrees: Annotated[
        bool | None, about("with the first opinion; null where one of them is unsure")
    ] = None


class Word(Span):
    """One word and when it is said."""

    text: str
    probability: float


class TranscriptSegment(Span):
    """A stretch of transcript with the recogniser's own doubts."""

    text: str
    mean_log_probability: float
    no_speech_probability: float
    compression_ratio: float


class RejectedText(Record):
    """Text the recogniser wrote that is most likely not in the sound."""

    guard: str
    text: str


class Transcript(Row):
    """What is said. `text` is empty when speech was heard but no words were trusted."""

    text: Annotated[str | None, about("the words, in the language spoken")] = None
    language: Annotated[str | None, about("the language it was decoded in")] = None
    segments: Annotated[tuple[TranscriptSegment, ...], about("in time order")] = ()
    words: Annotated[tuple[Word, ...], about("in time order")] = ()
    rejected: Annotated[tuple[RejectedText, ...], about("text that a guard took out")] = ()


class TurnEmotion(Span):
    """How one turn sounds."""

    speaker: Annotated[str | None, about("as in the diarization; null without one")] = None
    category: str | None = None
    probability: float | None = None
    arousal: Annotated[float | None, about("0 calm to 1 excited")] = None
    valence: Annotated[float | None, about("0 negative to 1 positive")] = None


class Emotion(Row):
    """The mood of the voices, a turn at a time and over the whole clip."""

    turns: Annotated[tuple[TurnEmotion, ...], about("in time order")] = ()
    category: Annotated[str | None, about("of the clip; null when unsure")] = None
    probability: Annotated[float | None, about("of the category")] = None
    candidates: Annotated[tuple[LabelScore, ...], about("categories, surest first")] = ()
    arousal: Annotated[float | None, about("0 calm to 1 excited")] = None
    valence: Annotated[float | None, about("0 negative to 1 positive")] = None
    unjudged: Annotated[tuple[Unjudged, ...], about("what this backend cannot hear")] = ()


class SpeakerTraits(Record):
    """What is heard of one speaker."""

    speaker: Annotated[str | None, about("as in the diarization; null without one")] = None
    seconds: Annotated[float, about("how much speech it was judged on", "s")]
    gender: Annotated[Literal["female", "male"] | None, about("null when unsure")] = None
    gender_probability: Annotated[float | None, about("of the likelier gender")] = None
    age: Annotated[float | None, about("estimated age", "years")] = None
    age_band: Annotated[
        Literal["child", "teenager", "young adult", "middle-aged", "elderly"] | None,
        about("under 13, 13, 20, 35 and 60 years on; null when unsure"),
    ] = None


class Traits(Row):
    """Gender and age of each speaker, as they sound."""

    speakers: Annotated[tuple[SpeakerTraits, ...], about("in the order first heard")] = ()
    unjudged: Annotated[tuple[Unjudged, ...], about("what this backend cannot hear")] = ()


class Accent(Row):
    """The accent of the speech, by a trained probe."""

    accent: Annotated[str | None, about("null when unsure")] = None
    probability: Annotated[float | None, about("of the first candidate")] = None
    candidates: Annotated[tuple[LabelScore, ...], about("surest first")] = ()


class VoiceMeasures(Span):
    """Measures of the voice in one stretch; null where too little of it is voiced."""

    speaker: Annotated[str | None, about("as in the diarization; null for the clip")] = None
    voiced_seconds: Annotated[float, about("how much of it has a pitch", "s")] = 0.0
    pitch: Annotated[float | None, about("median fundamental frequency", "Hz")] = None
    pitch_range: Annotated[
        float | None, about("5th to 95th percentile of the pitch", "semitones")
    ] = None
    level: Annotated[float | None, about("RMS level of the speech", "dBFS")] = None
    level_range: Annotated[float | None, about("loud to quiet voiced frames", "dB")] = None
    rate: Annotated[float | None, about("syllable nuclei a second of speech", "1/s")] = None
    harmonicity: Annotated[float | None, about("harmonics to noise", "dB")] = None
    jitter: Annotated[float | None, about("mean change of period, share of the period")] = None
    shimmer: Annotated[float | None, about("mean change of amplitude, share of it")] = None
    tilt: Annotated[float | None, about("slope of the long-term spectrum", "dB/octave")] = None


class Voice(Row):
    """How the voices sound: measures, and words where the measures are clear."""

    clip: Annotated[VoiceMeasures | None, about("all speech of the clip together")] = None
    turns: Annotated[tuple[VoiceMeasures, ...], about("in time order")] = ()
    timbre: Annotated[
        tuple[LabelScore, ...], about("breathy, bright, dark ... surest first; none when unsure")
    ] = ()
    health: Annotated[
        tuple[LabelScore, ...], about("clear, hoarse, rough ... surest first; none when unsure")
    ] = ()
