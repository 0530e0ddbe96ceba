"""Tempo and beats by a network (Beat This!), and the key by signal processing.

Foscarin, Schlüter and Widmer, Beat this! Accurate beat tracking without DBN postprocessing,
ISMIR 2024; network and post-processing are the authors' package.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts import models
from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import each_heard, unheard
from auricle.experts.key import key
from auricle.experts.lightning_checkpoint import read_lightning
from auricle.experts.rhythm import MIN_SECONDS
from auricle.experts.tempo import regularity, steady_tempo
from auricle.experts.torch_runtime import torch_device, with_torchaudio
from auricle.experts.windows import grouped
from auricle.schemas.errors import UserError
from auricle.schemas.music import Rhythm, Tempo

SAMPLE_RATE = 22_050
FRAMES_A_SECOND = 50

_CHUNK, _BORDER = 1500, 6  # frames heard at once, and those not believed at either end
_LEAST_BEATS = 4
_SLOWEST, _FASTEST = 30.0, 300.0
_NEAR = 0.1  # of an interval: how far it may be from the middle one and still count as kept

Floats = NDArray[np.float64]


class Frames(NamedTuple):
    """How a beat, and the first of a bar, is believed to lie in each frame of 20 ms: logits."""

    beat: Floats
    downbeat: Floats


@dataclass
class BeatThisRhythm:
    """Tells tempo and beats where the network is sure of beats and they keep a tempo.

    The confidence is the mean probability at the beats times the share of intervals within 10 % of
    the middle one; under `clear` there is no tempo. Half time scores as much as every second beat
    is surer than the others, double time as the probability half-way between beats.
    """

    role: ClassVar[str] = "rhythm"
    backend: ClassVar[str] = "beat-this"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain",)
    gate: ClassVar[Gate] = "music"
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("torch", "torchaudio", "beat_this")
    memory: ClassVar[float] = 1.5
    gpu_memory: ClassVar[float] = 2.0
    record: ClassVar[type[Rhythm]] = Rhythm

    model: str = "beat-this"
    """A name of models.toml, a folder or a hub id; it holds one checkpoint (.ckpt)."""
    clear: float = 0.5
    device: str = "auto"
    batch: int = 16
    """Stretches of up to 30 s at once on a GPU; a CPU takes one at a time."""
    _net: Any = field(init=False, repr=False, compare=False)
    _log_mel: Any = field(init=False, repr=False, compare=False)
    _torch_device: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The checkpoint."""
        return (self.model,)

    def load(self) -> None:
        """Read the checkpoint; UserError where there is no whole one."""
        with_torchaudio()
        from beat_this.preprocessing import LogMelSpect

        self._torch_device = torch_device(self.device)
        self._net = _network(models.find(self.model)).to(self._torch_device)
        self._log_mel = LogMelSpect(device=self._torch_device)

    def annotate(self, clips: Sequence[Heard]) -> list[Rhythm]:
        """Return tempo, beats and key of each clip; skipped if too short or silent."""
        return each_heard(
            clips,
            Rhythm,
            lambda heard: map(self._row, heard, self._frames(heard)),
            partial(unheard, shortest=MIN_SECONDS),
        )

    def _row(self, clip: Heard, frames: Frames) -> Rhythm:
        times = _peaks(frames.beat)
        tempos, confidence = _tempos(frames.beat, times)
        told = confidence > self.clear
        tonality = key(clip.waveform, clip.sample_rate)
        return Rhythm(
            clip_id=clip.clip_id,
            tempo=tempos[0].bpm if told else None,
            tempo_confidence=round(confidence, 4),
            tempos=tempos,
            beats=_rounded(times) if told else (),
            downbeats=_rounded(_peaks(frames.downbeat)) if told else (),
            regularity=regularity(times.round(3)) if told else None,
            key=tonality.tonic,
            mode=tonality.mode,
            key_confidence=tonality.confidence,
        )

    def _frames(self, clips: Sequence[Heard]) -> list[Frames]:
        """Return what the network says of each clip; chunks of one length share a batch."""
        import torch
        from beat_this.inference import aggregate_prediction, split_piece

        with torch.inference_mode():
            spectra = [self._spectrum(clip) for clip in clips]
            cut = [split_piece(spectrum, _CHUNK, border_size=_BORDER) for spectrum in spectra]
            chunks = [chunk for pieces, _ in cut for chunk in pieces]
            heard = iter(self._run(chunks))
            found = []
            for spectrum, (pieces, starts) in zip(spectra, cut, strict=True):
                said = [next(heard) for _ in pieces]
                beat, downbeat = aggregate_prediction(
                    said, starts, len(spectrum), _CHUNK, _BORDER, "keep_first", "cpu"
                )
                found.append(Frames(_logits(beat), _logits(downbeat)))
        return found

    def _spectrum(self, clip: Heard) -> Any:
        import torch

        return self._log_mel(torch.from_numpy(clip.waveform.copy()).to(self._torch_device))

    def _run(self, chunks: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the logits of each chunk, [frames], on the CPU.

        A batch is always full: how many chunks there are must not choose the GPU's kernels.
        """
        import torch

        on_gpu = self._torch_device.type != "cpu"
        size = self.batch if on_gpu else 1
        said: dict[int, dict[str, Any]] = {}
        for some in grouped([len(chunk) for chunk in chunks], size):
            full = [*some, *[some[0]] * (size - len(some))]
            stacked = torch.stack([chunks[index] for index in full])
            with torch.autocast(self._torch_device.type, torch.float16, enabled=on_gpu):
                logits = self._net(stacked)
            for row, index in enumerate(some):
                said[index] = {name: logits[name][row].float().cpu() for name in logits}
        return [said[index] for index in range(len(chunks))]


def _network(folder: Path) -> Any:
    """Return the network of the one checkpoint of a folder."""
    import inspect

    from beat_this.model.beat_tracker import BeatThis

    files = sorted(folder.glob("*.ckpt"))
    if len(files) != 1:
        raise UserError(f"{folder}: expected one checkpoint (.ckpt), found {len(files)}")
    saved = read_lightning(files[0])
    known = inspect.signature(BeatThis).parameters
    weights = {name.removeprefix("model."): value for name, value in saved["state_dict"].items()}
    try:
        sizes = {name: value for name, value in saved["hyper_parameters"].items() if name in known}
        net = BeatThis(**sizes)
        net.load_state_dict(weights)
    except (KeyError, AttributeError, TypeError, RuntimeError) as error:
        raise UserError(f"{files[0]} does not hold a Beat This! network: {error}") from error
    return net.eval()


def _logits(values: Any) -> Floats:
    """Return values without the last bits, which depend on what else was heard."""
    return np.asarray(values.double().numpy(), np.float64).round(3)


def _peaks(logits: Floats) -> Floats:
    """Return the times in seconds of maxima within 70 ms to both sides that are likelier than not.

    The authors' post-processing, with times between frames.
    """
    reach = 3
    padded = np.pad(logits, reach, constant_values=logits.min())
    around = sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    frames = np.flatnonzero((logits == around) & (logits > 0))
    frames = frames[np.diff(frames, prepend=-2) > 1]  # of a plateau, its first
    times = []
    for at in frames + reach:
        left, middle, right = padded[at - 1 : at + 2]
        bend = left - 2 * middle + right
        offset = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend else 0.0
        times.append(max(at - reach + offset, 0.0) / FRAMES_A_SECOND)
    return np.array(times)


def _tempos(logits: Floats, beats: Floats) -> tuple[tuple[Tempo, ...], float]:
    """Return the tempo of beats, then half and double time, surest first, and the confidence."""
    if len(beats) < _LEAST_BEATS:
        return (), 0.0
    intervals = np.diff(beats)
    middle = float(np.median(intervals))
    counted = np.concatenate([[0], np.cumsum(np.maximum(np.round(intervals / middle), 1))])
    bpm = steady_tempo(beats, counted)
    if not _SLOWEST <= bpm <= _FASTEST:
        return (), 0.0
    kept = np.abs(intervals / middle - 1) < _NEAR
    sure = _probability(logits, beats)
    between = float(_probability(logits, (beats[1:] + beats[:-1]) / 2).mean())
    uneven = abs(float(sure[::2].mean() - sure[1::2].mean()))
    others = sorted([(between, 2 * bpm), (uneven, bpm / 2)], reverse=True)
    beliefs = [(float(sure.mean()), bpm), *others]
    total = sum(belief for belief, _ in beliefs)
    tempos = (Tempo(bpm=round(at, 2), score=round(belief / total, 4)) for belief, at in beliefs)
    return tuple(tempos), float(sure.mean() * kept.mean())


def _probability(logits: Floats, times: Floats) -> Floats:
    frames = np.clip(np.round(times * FRAMES_A_SECOND).astype(int), 0, len(logits) - 1)
    return np.asarray(1 / (1 + np.exp(-logits[frames])), np.float64)


def _rounded(times: Floats) -> tuple[float, ...]:
    return tuple(float(at) for at in times.round(3))
