"""Any sound file as a stream of native blocks: soundfile for WAV, FLAC and AIFF, FFmpeg for others."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from auricle.experts.base import Waveform
from auricle.pipeline.headers import looks_like_media, sound_extent, states_frames
from auricle.schemas.clip import RecordingReason
