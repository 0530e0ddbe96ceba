"""What is wrong with a recording, by measurement: each kind is told only where it is clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.flaw_crackle import clicks
from auricle.experts.flaw_dropouts import dropouts
from auricle.experts.flaw_hum import Hum, hum
from auricle.experts.flaw_noise import Pauses, pauses
from auricle.experts.hearing import unheard
from auricle.schemas.acoustics import Degradation, Degradations
from auricle.schemas.annotation import Domain, LabelScore, Tags, Vad
from auricle.schemas.audioset import branch
from auricle.schemas.clip import Signal

Kind = Literal["hum", "clipping", "dropouts", "band_limit", "wind", "hiss", "crackle", "dc_offset"]

_WIND = "Wind noise (microphone)"
_NOISES = frozenset(
    {
        "Static",
        "White noise",
        "Pink noise",
        "Noise",
        "Environmental noise",
        "Hum",
        "Mains hum",
        "Distortion",
        _WIND,
    }
)


@dataclass
class DspDegradations:
    """Measures hum, hiss, crackle, dropouts and wind on the clip, the rest on the native signal.

    - `hum`: five of the first ten harmonics of 50 or 60 Hz stand 9 dB out at all times, at
      -72 dBFS or more. Not told of music, whose notes may lie there.
    - `hiss`: the pauses of speech are steady, as strong at 7 kHz as at 1 kHz, -62 dBFS or more
      and less than 35 dB below the speech.
    - `crackle`: clicks shorter than 2 ms, 2.5 a second or more and a dozen in all; `dropouts`:
      digital silence of 5 to 400 ms that cuts into sound, twice or more.
    - `clipping`, `band_limit` and `dc_offset`: what the signal says, held against what speech
      (5.5 kHz) and music (10 kHz, from a rate that has it) need; native rates up to 8 kHz are a
      limit for any sound.
    - `wind`: where the tags hear wind in the microphone and turbulence under 150 Hz is measured.
    - `low_bitrate` is never told: what codecs leave out of sound kept at 16 kHz could not be told
      from a narrow band.

    Hiss, crackle and wind are what rain, a fire or leaves sound like: they are not told of clips
    that hold other sound. `snr` needs speech with pauses of .3 s in all. `noise` names what the
    tags hear behind speech: noise of the channel, or other sound where the SNR is under 20 dB.
    """

    role: ClassVar[str] = "degradations"
    backend: ClassVar[str] = "dsp"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("signal", "vad", "tags", "domain")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Degradations]] = Degradations

    def load(self) -> None:
        """Import what the first clip would wait for."""
        from scipy import fft, ndimage  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> list[Degradations]:
        """Return what is wrong with each clip."""
        return [_annotate(clip) for clip in clips]


def _annotate(clip: Heard) -> Degradations:
    if reason := unheard(clip):
        return Degradations.skipped(clip.clip_id, reason)
    domain, vad, tags = clip.get(Domain), clip.get(Vad), clip.get(Tags)
    code = (domain.code if domain else None) or "000"
    rest = pauses(clip.waveform, clip.sample_rate, vad.spans) if vad and code[0] == "S" else None
    found = [*_of_signal(clip.get(Signal), code), *_of_sound(clip, code, rest, tags)]
    return Degradations(
        clip_id=clip.clip_id,
        found=tuple(sorted(found, key=lambda one: -one.score)),
        snr=rest.snr if rest else None,
        noise=_noise(tags, rest, code),
    )


def _of_signal(signal: Signal | None, code: str) -> list[Degradation]:
    """Return what the native signal tells."""
    if signal is None:
        return []
    found = []
    if signal.clipped is not None and signal.clipped >= 0.0002:
        found.append(_flaw("clipping", signal.clipped, 0.0002, 0.01, signal.clipped))
    offset = abs(signal.dc_offset or 0.0)
    if offset >= 0.01:
        found.append(_flaw("dc_offset", offset, 0.01, 0.1, signal.dc_offset))
    if signal.sample_rate is not None and signal.sample_rate <= 8000:
        limit = min(signal.bandwidth or 4000.0, signal.sample_rate / 2)
        return [*found, _flaw("band_limit", 1, 0, 1, limit)]
    needed = _needed(code, signal.sample_rate or 0)
    if signal.bandwidth is not None and signal.bandwidth < needed:
        found.append(
            _flaw("band_limit", needed - signal.bandwidth, 0, needed / 4, signal.bandwidth)
        )
    return found


def _needed(code: str, rate: int) -> float:
    """Return the bandwidth in Hz that a recording of such content has when nothing cuts it."""
    if code[0] == "S":
        return 5500.0
    return 10_000.0 if code[1] == "M" and rate >= 32_000 else 0.0


def _of_sound(clip: Heard, code: str, rest: Pauses | None, tags: Tags | None) -> list[Degradation]:
    """Return what the clip itself tells."""
    sound, rate = clip.waveform, clip.sample_rate
    found = []
    if code[1] == "0" and (heard := hum(sound, rate)):
        found.append(_hum(heard))
    gaps = dropouts(sound, rate)
    if gaps >= 2:
        found.append(_flaw("dropouts", gaps, 2, 6, round(gaps / clip.seconds, 2)))
    if code[2] == "A":
        return found
    if rest and rest.hiss is not None and rest.hiss >= -62 and rest.snr < 35:
        found.append(_flaw("hiss", 35 - rest.snr, 0, 20, rest.hiss))
    many = clicks(sound, rate) if code[1] == "0" else 0
    if many >= max(12, 2.5 * clip.seconds):
        found.append(_flaw("crackle", many / clip.seconds, 2.5, 8, round(many / clip.seconds, 2)))
    windy = max((one.score for one in tags.labels if one.label == _WIND), default=0) if tags else 0
    if windy >= 0.3 and _turbulent(sound, rate):
        found.append(Degradation(kind="wind", score=round(min(0.95, 0.5 + windy / 2), 2)))
    return found


def _hum(heard: Hum) -> Degradation:
    return _flaw("hum", heard.harmonics, 4, 9, heard.hz)


def _flaw(
    kind: Kind, measure: float, doubt: float, sure: float, value: float | None
) -> Degradation:
    """Return a degradation whose score goes from .5 at `doubt` to .95 at `sure`."""
    share = min(1.0, max(0.0, (measure - doubt) / (sure - doubt)))
    return Degradation(kind=kind, score=round(0.5 + 0.45 * share, 2), value=value)


def _turbulent(sound: Waveform, rate: int) -> bool:
    """Tell whether a good share of the power lies under 150 Hz and comes in gusts."""
    size = rate // 10
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    if len(frames) < 5:
        return False
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
    power = power[:, 2:]  # 20 Hz and more
    low = power[:, : round(150 * size / rate) - 2].sum(axis=1) + 1e-12
    return bool(low.sum() > 0.3 * power.sum() and np.std(10 * np.log10(low)) > 3)


def _noise(tags: Tags | None, rest: Pauses | None, code: str) -> tuple[LabelScore, ...]:
    """Return what is heard behind speech, surest first."""
    if tags is None or rest is None or rest.snr >= 30:
        return ()
    behind = rest.snr < 20 and code[2] == "A"
    found = [
        one
        for one in tags.labels
        if (one.label in _NOISES and one.score >= 0.2)
        or (behind and branch(one.label) == "sound" and one.score >= 0.3)
    ]
    return tuple(found[:3])
