"""Heard speech: who speaks, how, in what language and with what words."""

from auricle.pipeline.text.fact import (
    ASSERTED,
    HEDGED,
    Fact,
    Stretch,
    agreed,
    bounded,
    merged,
    unit,
)
from auricle.pipeline.text.foreign import clean, cut
from auricle.pipeline.text.heard_speakers import speaker_facts
from auricle.pipeline.text.heard_voice import voice_facts
from auricle.pipeline.text.languages import language_name
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import (
    BACKGROUND,
    BANDWIDTH,
    FLUENCY,
    NOISE_FLOOR,
    PACE,
    RATE,
    VOICE,
    Scale,
)
from auricle.schemas.speech import Transcript

_UNSPACED = {"zh", "yue", "ja", "th", "lo", "km", "my", "bo", "wuu", "cmn", "nan"}
_LONGEST_WORDS = 400
_OTHER_TONGUE = 0.8
"""How far words are believed that may be of another language."""


def speech_facts(said: Testimony) -> list[Fact]:
    """Return what is known of the speech; nothing when the domain holds no speech."""
    if said.code is not None and said.code[0] != "S":
        return []
    present = _present(said)
    if not present:
        return []
    speakers = speaker_facts(said)
    return [
        *present,
        *speakers,
        *voice_facts(said, speakers),
        *_language(said),
        *_words(said),
        *_delivery(said),
        *_quality(said),
    ]


def _present(said: Testimony) -> list[Fact]:
    spans = _spans(said)
    sure = said.domain.speech if said.domain and said.code else None
    if sure is None:
        sure = said.vad.peak if said.vad and spans else None
    if sure is None:
        if said.code is None:
            return []
        sure = 0.75
    if not spans:
        return [Fact("speech", "speech", "", "someone speaking", unit(sure))]
    if len(spans) > 3:
        spans = [Stretch(spans[0].start, spans[-1].end, 1.0)]
    facts = []
    for span in spans:
        start, end = bounded(span.start, span.end, said.duration)
        extent = "throughout" if start is None else ""
        facts.append(Fact("speech", "speech", extent, "someone speaking", unit(sure), start, end))
    return facts


def _language(said: Testimony) -> list[Fact]:
    """Return the language: surer by a second opinion that agrees, hedged by one that does not."""
    name = language_name(said.language.language) if said.language else None
    if said.language is None or name is None:
        return []
    sure = unit(said.language.probability if said.language.probability is not None else 0.75)
    second = said.language_opinion
    if second is not None and second.agrees is True:
        sure = agreed(sure, second.probability or 0.0)
    if _contradicted(said):
        sure = min(sure, HEDGED)
    return [Fact("language", "speech", name, f"the speech is in {name}", sure)]


def _contradicted(said: Testimony) -> bool:
    return said.language_opinion is not None and said.language_opinion.agrees is False


def _words(said: Testimony) -> list[Fact]:
    """Return the transcript where its language and its words are trusted."""
    spoken, language = said.transcript, said.language
    if spoken is None or not spoken.text or not spoken.text.strip():
        return []
    if language is not None and (not language.language or language.language != spoken.language):
        return []
    sure = _word_trust(spoken) * (_OTHER_TONGUE if _contradicted(said) else 1.0)
    text = clean(spoken.text)
    if sure < ASSERTED or not any(letter.isalnum() for letter in text):
        return []
    shown = cut(text, _LONGEST_WORDS)
    return [Fact("words", "speech", text, f'the words "{shown}"', sure)]


def _word_trust(spoken: Transcript) -> float:
    if any(s.compression_ratio > 2.4 or s.mean_log_probability < -1.0 for s in spoken.segments):
        return 0.0
    if not spoken.words:
        return 0.6 if spoken.segments else 0.0
    return unit(sum(word.probability for word in spoken.words) / len(spoken.words))


def _delivery(said: Testimony) -> list[Fact]:
    facts = []
    spans = _spans(said, gap=0.05)
    spoken = said.transcript
    seconds = sum(span.end - span.start for span in spans)
    trusted = bool(_words(said)) and spoken is not None
    if trusted and spoken is not None and spoken.language not in _UNSPACED and seconds >= 1.5:
        count = len(spoken.text.split()) if spoken.text else 0
        if count >= 6:
            pace = PACE.word(count / seconds)
            facts.append(Fact("pace", "speech", pace, f"the speaker talks {pace}", 0.75))
    rate = said.voice.clip.rate if said.voice and said.voice.clip else None
    if not facts and rate is not None and seconds >= 1.5:
        pace = RATE.word(rate)
        facts.append(Fact("pace", "speech", pace, f"the speaker talks {pace}", 0.6))
    if spans and seconds >= 2.0:
        pause = max((b.start - a.end for a, b in zip(spans, spans[1:], strict=False)), default=0.0)
        fluency = FLUENCY.word(pause)
        facts.append(Fact("fluency", "speech", fluency, f"the speech goes on {fluency}", 0.8))
    return facts


def _quality(said: Testimony) -> list[Fact]:
    facts = []
    alone = said.code in (None, "S00")
    quality, signal = said.quality, said.signal
    if quality is not None and quality.speech is not None:
        voice = VOICE.word(quality.speech)
        if alone or voice == VOICE.steps[-1][1]:
            facts.append(Fact("clarity", "environment", voice, f"the voice is {voice}", 0.7))
    noise = _noise(said) if alone else None
    if noise is not None:
        word, sure = noise
        text = "background noise about as loud as the voice"
        if word != NOISE_FLOOR.lowest:
            text = f"{word} background noise behind the voice"
        facts.append(Fact("noise_floor", "environment", word, text, sure))
    if signal is not None and signal.bandwidth is not None:
        band = BANDWIDTH.word(signal.bandwidth)
        if signal.bandwidth >= BANDWIDTH.steps[0][0]:
            text = f"the recording is {band}"
            facts.append(Fact("band", "environment", band, text, 0.8))
    return facts


def _noise(said: Testimony) -> tuple[str, float] | None:
    """Return how strong the noise behind speech is, and how sure that is.

    The milder of the two measures counts; where they differ widely nothing is said.
    """
    votes = []
    if said.quality is not None and said.quality.background is not None:
        votes.append(_rank(BACKGROUND, said.quality.background) + 1)
    pauses = len(_spans(said)) > 1
    if said.signal is not None and said.signal.snr is not None and pauses:
        votes.append(_rank(NOISE_FLOOR, said.signal.snr))
    if not votes or max(votes) - min(votes) > 1:
        return None
    words = (NOISE_FLOOR.lowest, *(word for _, word in NOISE_FLOOR.steps))
    return words[max(votes)], 0.8 if len(votes) == 2 else 0.6


def _rank(scale: Scale, value: float) -> int:
    return sum(value >= floor for floor, _ in scale.steps)


def _spans(said: Testimony, gap: float = 0.6) -> list[Stretch]:
    if said.vad is None:
        return []
    spans = [Stretch(s.start, s.end, 1.0) for s in said.vad.spans if s.end > s.start]
    return merged(spans, gap)
