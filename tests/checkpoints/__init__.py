"""Settings of backends whose own weights are too large to test with.

Each function saves a small random checkpoint of the same architecture into a folder, laid out as
the model hub lays it out, and returns the settings that make the expert load it; or it starts a
local server and returns its address.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from checkpoints.age_gender import age_gender
from checkpoints.audio_server import audio_server
from checkpoints.beat_this import beat_this
from checkpoints.brouhaha import brouhaha
from checkpoints.ced import ced, dasheng
from checkpoints.clap import clap
from checkpoints.encoders import meralion, wav2vec2
from checkpoints.nisqa import nisqa
from checkpoints.probe import probe
from checkpoints.pyannote import pyannote
from checkpoints.ser import audeering, hubert
from checkpoints.voxlingua import mms_lid, voxlingua
from checkpoints.whisper import whisper

CHECKPOINTS: dict[tuple[str, str], Callable[[Path], dict[str, Any]]] = {
    ("diarization", "pyannote"): pyannote,
    ("traits", "audeering"): age_gender,
    ("language", "whisper-large-v3"): whisper,
    ("language_opinion", "mms-lid"): mms_lid,
    ("language_opinion", "voxlingua"): voxlingua,
    ("transcript", "whisper-large-v3"): whisper,
    ("transcript", "audio-server"): audio_server,
    ("emotion", "ser"): hubert,
    ("emotion", "audeering-dim"): audeering,
    ("description", "openai-audio"): audio_server,
    ("reverb", "brouhaha"): brouhaha,
    ("rhythm", "beat-this"): beat_this,
    ("music", "clap"): clap,
    ("quality", "nisqa"): nisqa,
    ("scene", "clap"): clap,
    ("tags", "ced"): ced,
    ("embedding", "clap"): clap,
    ("embedding", "dasheng"): dasheng,
    ("embedding", "meralion"): meralion,
    ("embedding", "transformers"): wav2vec2,
    ("language", "probe"): probe,
    ("emotion", "probe"): probe,
    ("accent", "probe"): probe,
}
"""Role and backend, then what makes its settings."""
