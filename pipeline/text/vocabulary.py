"""Calibrated words: the table that turns every measured number into a word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Words for the ranges of one number. A step holds from its value up to the next."""

    measures: str
    unit: str
    lowest: str
    steps: tuple[tuple[float, str], ...]
    note: str = ""

    def word(self, value: float) -> str:
        """Return the word for a value in the scale's unit."""
        word = self.lowest
        for floor, above in self.steps:
            if value >= floor:
                word = above
        return word


CERTAINTY = Scale(
    "how sure an observation is",
    "0 to 1",
    "possible",
    ((0.45, "fairly certain"), (0.65, "quite certain"), (0.9, "certain")),
    "Under .2 an observation is not told; under .5 captions hedge it.",
)
LOUDNESS = Scale(
    "how loud the clip is on the whole",
    "LUFS",
    "hardly audible",
    ((-52, "very quiet"), (-36, "quiet"), (-27, "moderately loud"), (-15, "loud"),
     (-9, "very loud")),
)  # fmt: skip
DYNAMICS = Scale(
    "spread between the loud and the quiet moments",
    "dB",
    "at a steady volume",
    ((9, "at a fairly even volume"), (20, "at a changing volume"),
     (45, "with strong contrasts between loud and quiet")),
    "Told of clips that hold music or other sounds.",
)  # fmt: skip
NOISE_FLOOR = Scale(
    "how far speech stands above the quiet between its phrases",
    "dB",
    "about as loud as the voice",
    ((8, "strong"), (15, "noticeable"), (24, "slight"), (35, "hardly any")),
    "Told of speech alone, and only where it pauses.",
)  # fmt: skip
BANDWIDTH = Scale(
    "highest frequency in the recording",
    "Hz",
    "very muffled, with only low tones",
    ((2500, "narrow, as over a telephone"), (4500, "a little dull, without the highest tones"),
     (6500, "open and full in range")),
    "Told of speech, which by itself reaches the top.",
)  # fmt: skip
CLIPPING = Scale(
    "share of samples cut off at the peak",
    "share",
    "free of overload",
    ((0.0002, "slightly overloaded on the loudest peaks"), (0.002, "overloaded on the loud peaks"),
     (0.02, "heavily overloaded and harsh")),
)  # fmt: skip
SILENCE = Scale(
    "share of the clip without sound",
    "share",
    "without a silent moment",
    ((0.05, "with brief silences"), (0.2, "with silences in between"), (0.5, "with long silences"),
     (0.9, "with sound for a few moments only")),
)  # fmt: skip
VOICE = Scale(
    "how clear the voice itself is",
    "opinion score, 1 to 5",
    "hard to make out",
    ((2.2, "unclear"), (2.9, "reasonably clear"), (3.4, "clear")),
    "The two lowest words are kept for clips that hold speech alone.",
)
BACKGROUND = Scale(
    "how little the background intrudes on speech",
    "opinion score, 1 to 5",
    "strong",
    ((2.0, "noticeable"), (2.9, "slight"), (3.7, "hardly any")),
    "Told of speech alone: behind it, music and events count as intrusion.",
)
PACE = Scale(
    "how fast somebody speaks",
    "words a second of speech",
    "at a slow pace",
    ((1.6, "at an unhurried pace"), (2.4, "at a steady pace"), (3.6, "at a quick pace"),
     (4.8, "at a very quick pace")),
    "Told where at least six words are trusted, in languages that part words by spaces.",
)  # fmt: skip
FLUENCY = Scale(
    "longest pause between two stretches of speech",
    "s",
    "without a noticeable pause",
    ((0.3, "with short pauses"), (1.0, "with pauses"), (2.5, "with long pauses")),
)

AROUSAL = Scale(
    "how excited a voice sounds",
    "0 calm to 1 excited",
    "calm",
    ((0.2, "even"), (0.87, "animated"), (0.96, "very animated")),
    "The middle word is not told. In the listening set .87 is the most that people reach who read "
    "aloud.",
)
VALENCE = Scale(
    "how pleased a voice sounds",
    "0 negative to 1 positive",
    "displeased",
    ((0.25, "neutral"), (0.75, "pleased")),
    "The middle word is not told, nor any beside a named emotion.",
)
PITCH_OF_WOMEN = Scale(
    "pitch of a woman's voice",
    "Hz",
    "low-pitched",
    ((180, "of ordinary pitch"), (245, "high-pitched")),
    "The middle word is not told: nine of ten women who read or speak calmly are within.",
)
PITCH_OF_MEN = Scale(
    "pitch of a man's voice",
    "Hz",
    "deep",
    ((90, "of ordinary pitch"), (180, "high-pitched")),
    "The middle word is not told: nine of ten men who read or speak calmly are within.",
)
PITCH_RANGE = Scale(
    "how far the pitch of a voice moves",
    "semitones, 5th to 95th percentile",
    "monotone",
    ((5, "of ordinary melody"),),
    "The upper word is not told: a wide range is as often a creaking voice as a lively one.",
)
RATE = Scale(
    "how fast somebody speaks, where no words are trusted",
    "syllables a second of speech",
    PACE.lowest,
    tuple(zip((3.3, 4.3, 6.2, 7.5), (word for _, word in PACE.steps), strict=True)),
    "As many clips of the listening set lie under each step as under that of words a second.",
)
TEMPO = Scale(
    "tempo of music",
    "beats a minute",
    "slow",
    ((76, "moderate"), (112, "fast"), (150, "very fast")),
    "Not told where music labels or half and double time say otherwise.",
)
REGULARITY = Scale(
    "how even the beats of music are",
    "0 free to 1 strict",
    "free",
    ((0.3, "flexible"), (0.75, "steady")),
    "The middle word is not told.",
)
REVERB = Scale(
    "how long a place rings on",
    "s to fall by 60 dB",
    "dry",
    ((0.3, "slightly reverberant"), (0.7, "reverberant"), (1.3, "very reverberant"),
     (2.5, "cavernous")),
    "Dry speech itself reads up to .3 s.",
)  # fmt: skip
CLOSENESS = Scale(
    "early sound over late sound",
    "dB",
    "very reverberant",
    ((0, "reverberant"), (9, "slightly reverberant"), (20, "dry")),
    "Told with the ringing; where the two lie apart by more than a step, nothing is told.",
)

SCALES = (
    CERTAINTY, LOUDNESS, DYNAMICS, NOISE_FLOOR, BANDWIDTH, CLIPPING, SILENCE, VOICE, BACKGROUND,
    PACE, RATE, FLUENCY, AROUSAL, VALENCE, PITCH_OF_WOMEN, PITCH_OF_MEN,
    PITCH_RANGE, TEMPO, REGULARITY, REVERB, CLOSENESS,
)  # fmt: skip


def words_markdown() -> str:
    """Return `docs/words.md`: every scale as a table."""
    parts = [_HEAD]
    for scale in SCALES:
        parts += [f"## {scale.measures.capitalize()}", ""]
        if scale.note:
            parts += [scale.note, ""]
        parts += [f"| from ({scale.unit}) | word |", "|---|---|"]
        rows = (("below", scale.lowest), *scale.steps)
        parts += [f"| {floor if isinstance(floor, str) else f'{floor:g}'} | {word} |"
                  for floor, word in rows]  # fmt: skip
        parts.append("")
    return "\n".join(parts)


_HEAD = """# Calibrated words

Captions, questions and evidence hold no measured numbers. A number becomes a word by these
tables, which are written by `auricle.pipeline.text.vocabulary.words_markdown`.
"""
