"""Spoken language and transcript (Whisper, through faster-whisper)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from auricle.experts import models
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.hearing import each_heard, speech
from auricle.experts.transcript_guards import Draft, guard, joined
from auricle.experts.whisper_model import Ear, Window, ear
from auricle.schemas.annotation import LabelScore
from auricle.schemas.speech import Language, Transcript, TranscriptSegment, Word

RATE = 16_000
PAUSE = 1.0  # seconds between two segments
WINDOW = 30.0  # seconds: what Whisper hears at once

_ISO = {"jw": "jv"}  # Whisper's own code for Javanese
_WHISPER = {iso: code for code, iso in _ISO.items()}
_NOISE = frozenset({"nn"})  # what Whisper base says of sounds that are no speech


@dataclass
class WhisperLanguage:
    """Names the language that is spoken, or abstains.

    The probability of a language has to exceed `sure`, or `sure_if_short` when there are less than
    `short` seconds of speech. On the listening set Whisper base so answers for .97 of the longer
    clips, .983 of them rightly; with 1 to 2 s for .81, .980 rightly; with less for .16, .957
    rightly.
    """

    role: ClassVar[str] = "language"
    backend: ClassVar[str] = "whisper"
    sample_rate: ClassVar[int | None] = RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("faster_whisper",)
    memory: ClassVar[float] = 0.6
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Language]] = Language

    model: str = "whisper-base"
    short: float = 2.0
    """Seconds of speech."""
    sure: float = 0.5
    sure_if_short: float = 0.85
    candidates: int = 5
    threads: int = 1
    _ear: Ear = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights, in CTranslate2's format."""
        return (self.model,)

    def load(self) -> None:
        """Load Whisper, or take the one that this process has."""
        self._ear = ear(models.find(self.model), self.threads)

    def annotate(self, clips: Sequence[Heard]) -> list[Language]:
        """Return the language of each clip; skipped if too short or silent."""
        return each_heard(
            clips,
            Language,
            lambda heard: map(self._row, heard, self._ear.languages(self._waveforms(heard))),
        )

    def _waveforms(self, clips: Sequence[Heard]) -> list[Waveform]:
        return [clip.waveform for clip in clips]

    def _row(self, clip: Heard, found: Sequence[tuple[str, float]]) -> Language:
        first, probability = found[0]
        seconds = sum(span.end - span.start for span in speech(clip))
        needed = self.sure_if_short if seconds < self.short else self.sure
        sure = seconds > 0 and probability > needed and first not in _NOISE
        return Language(
            clip_id=clip.clip_id,
            language=_ISO.get(first, first) if sure else None,
            probability=probability,
            candidates=tuple(
                LabelScore(label=_ISO.get(code, code), score=score)
                for code, score in found[: self.candidates]
            ),
            speech_seconds=seconds,
        )


@dataclass
class WhisperTranscript:
    """Writes down what is said, in the language found, and takes out what is not in the sound.

    Where the language is not sure the first candidate is tried, and the text kept only if it is
    very probable.

    Each window is decoded once, by beam search. Whisper's usual way is to decode what lies behind
    the last timestamp again, and to retry doubtful text with random draws. On 10-s clips the first
    costs two thirds of the time and invents endings; with the second the same clip would not give
    the same text twice.
    """

    role: ClassVar[str] = "transcript"
    backend: ClassVar[str] = "whisper"
    sample_rate: ClassVar[int | None] = RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "language")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("faster_whisper",)
    memory: ClassVar[float] = 0.6
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Transcript]] = Transcript

    model: str = "whisper-base"
    beam_size: int = 5
    threads: int = 1
    _ear: Ear = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights, in CTranslate2's format."""
        return (self.model,)

    def load(self) -> None:
        """Load Whisper, or take the one that this process has."""
        self._ear = ear(models.find(self.model), self.threads)

    def annotate(self, clips: Sequence[Heard]) -> list[Transcript]:
        """Return what is said in each clip; skipped if too short or silent."""
        return each_heard(clips, Transcript, lambda heard: map(_row, heard, self._written(heard)))

    def _waveforms(self, clips: Sequence[Heard]) -> list[Waveform]:
        return [clip.waveform for clip in clips]

    def _written(self, clips: Sequence[Heard]) -> list[tuple[str, list[Draft]]]:
        """Return Whisper's code of the language, and what it wrote, before any guard."""
        waveforms = self._waveforms(clips)
        codes = [self._code(clip) for clip in clips]
        unknown = [w for w, code in zip(waveforms, codes, strict=True) if code is None]
        found = iter(self._ear.languages(unknown))
        sure = [code or next(found)[0][0] for code in codes]
        cut = [
            [
                Window(waveform[round(start * RATE) : round(end * RATE)], start, code)
                for start, end in windows(clip)
            ]
            for clip, waveform, code in zip(clips, waveforms, sure, strict=True)
        ]
        return list(zip(sure, self._ear.write(cut, self.beam_size), strict=True))

    def _code(self, clip: Heard) -> str | None:
        """Return Whisper's code of the language that was heard, None where it knows none."""
        heard = clip.get(Language)
        first = heard and (heard.language or (heard.candidates and heard.candidates[0].label))
        code = _WHISPER.get(first, first) if first else None
        return code if code and self._ear.knows(code) else None


def windows(clip: Heard) -> list[tuple[float, float]]:
    """Return stretches of at most 30 s, in seconds, cut in pauses where there are any."""
    pauses = [(before.end + after.start) / 2 for before, after in pairwise(speech(clip))]
    cuts = [0.0]
    while clip.seconds - cuts[-1] > WINDOW:
        near = [at for at in pauses if cuts[-1] + WINDOW / 2 < at <= cuts[-1] + WINDOW]
        cuts.append(near[-1] if near else cuts[-1] + WINDOW)
    return list(pairwise([*cuts, clip.seconds]))


def stretches(words: Sequence[Word]) -> list[list[Word]]:
    """Return words in time order, parted where nobody speaks for `PAUSE` seconds."""
    parted: list[list[Word]] = []
    for word in words:
        if parted and word.start - parted[-1][-1].end < PAUSE:
            parted[-1].append(word)
        else:
            parted.append([word])
    return parted


def _row(clip: Heard, written: tuple[str, list[Draft]]) -> Transcript:
    code, drafts = written
    heard = clip.get(Language)
    inside = [_inside(draft, clip.seconds) for draft in drafts]
    kept, rejected = guard(inside, speech(clip), bool(heard and heard.language))
    return Transcript(
        clip_id=clip.clip_id,
        text="".join(draft.text for draft in kept).strip(),
        language=_ISO.get(code, code),
        segments=tuple(
            _segment(draft, words) for draft in kept for words in stretches(draft.words)
        ),
        words=tuple(_stripped(word) for draft in kept for word in draft.words),
        rejected=rejected,
    )


def _inside(draft: Draft, seconds: float) -> Draft:
    """Return a draft whose words do not end after the clip."""
    words = tuple(
        word.model_copy(
            update={
                "start": round(min(word.start, seconds), 2),
                "end": round(min(word.end, seconds), 2),
            }
        )
        for word in draft.words
    )
    return draft._replace(words=words)


def _segment(draft: Draft, words: Sequence[Word]) -> TranscriptSegment:
    return TranscriptSegment(
        start=words[0].start,
        end=words[-1].end,
        text=joined(words).strip(),
        mean_log_probability=draft.mean_log_probability,
        no_speech_probability=draft.no_speech_probability,
        compression_ratio=draft.compression_ratio,
    )


def _stripped(word: Word) -> Word:
    return word.model_copy(update={"text": word.text.strip()})
