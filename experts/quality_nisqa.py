"""Speech quality in five dimensions (NISQA v2.0; its weights are not for commercial use)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.hearing import each_heard
from auricle.experts.torch_runtime import torch_device, with_torchaudio
from auricle.experts.windows import grouped
from auricle.schemas.acoustics import Quality
from auricle.schemas.errors import MissingModel, UserError

_RATE = 48_000
_WEIGHTS = "nisqa.tar"
_FLOOR, _RANGE = 1e-4, 80.0  # of the spectrogram: the smallest amplitude, and dB under its top


@dataclass
class NisqaQuality:
    """Predicts overall quality, noisiness, coloration, discontinuity and loudness of speech.

    It judges the whole clip at once. The network was made for sound up to 20 kHz: clips kept at
    16 kHz lack the upper half of what it looks at, and lose in coloration. Its weights are licensed
    CC BY-NC-SA 4.0, so they are never fetched: put `nisqa.tar` where the store finds it.
    """

    role: ClassVar[str] = "quality"
    backend: ClassVar[str] = "nisqa"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "torchaudio")
    memory: ClassVar[float] = 1.0
    gpu_memory: ClassVar[float] = 0.5
    record: ClassVar[type[Quality]] = Quality

    model: str = "nisqa"
    """A name of models.toml or a folder."""
    device: str = "auto"
    batch: int = 16
    _net: Any = field(init=False, repr=False, compare=False)
    _args: dict[str, Any] = field(init=False, repr=False, compare=False)
    _filters: Any = field(init=False, repr=False, compare=False)
    _device: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights it loads."""
        return (self.model,)

    def load(self) -> None:
        """Load the network; UserError when a package or the weights are missing."""
        path = store.find(self.model) / _WEIGHTS
        if not path.is_file():
            raise MissingModel(f"{path} is missing; `auricle models list` says where it is")
        self._device = torch_device(self.device)
        self._net, self._args = _read(path)
        self._net.to(self._device)
        self._filters = _mel_filters(self._args).to(self._device)

    def annotate(self, clips: Sequence[Heard]) -> list[Quality]:
        """Return the scores of each clip, 1 to 5."""
        return each_heard(clips, Quality, self._rows)

    def _rows(self, clips: list[Heard]) -> list[Quality]:
        scores: dict[int, list[float]] = {}
        for some in grouped([len(clip.waveform) for clip in clips], self.batch):
            rated = self._rate([clips[index].waveform for index in some])
            scores |= zip(some, rated, strict=True)
        return [_quality(clip, scores[index]) for index, clip in enumerate(clips)]

    def _rate(self, waveforms: list[Waveform]) -> list[list[float]]:
        """Return the five scores of sounds of one length."""
        import torch

        sound = torch.from_numpy(np.stack(waveforms)).to(self._device)
        with torch.inference_mode():
            mel = self._mel(sound)
            size, hop = self._args["ms_seg_length"], self._args["ms_seg_hop_length"]
            segments = mel.unfold(2, size, hop).transpose(1, 2)  # [clips, segments, bands, frames]
            found = self._net(segments).float().cpu().numpy()
        return [[float(score) for score in row] for row in found]

    def _mel(self, sound: Any) -> Any:
        """Return amplitudes in dB as librosa gives them, [clips, bands, frames]."""
        import torch

        fft = self._args["ms_n_fft"]
        spectrum = torch.stft(
            sound,
            fft,
            int(_RATE * self._args["ms_hop_length"]),
            win_length=(width := int(_RATE * self._args["ms_win_length"])),
            window=torch.hann_window(width, device=sound.device),
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        level = 20 * torch.log10((self._filters.T @ spectrum.abs()).clamp_min(_FLOOR))
        return level.maximum(level.amax(dim=(1, 2), keepdim=True) - _RANGE)


def _quality(clip: Heard, scores: list[float]) -> Quality:
    # Sums of floats end differently in larger batches: digits that mean nothing are cut off.
    overall, noisiness, discontinuity, coloration, loudness = (
        round(min(5.0, max(1.0, score)), 3) for score in scores
    )
    return Quality(
        clip_id=clip.clip_id,
        overall=overall,
        noisiness=noisiness,
        discontinuity=discontinuity,
        coloration=coloration,
        loudness=loudness,
    )


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the network with its weights, and the arguments it was built with."""
    import pickle

    import torch

    from auricle.experts.nisqa_net import Nisqa

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        args = dict(found["args"])
        net = Nisqa(args)
        net.load_state_dict(found["model_state_dict"])
    except (KeyError, TypeError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise UserError(f"{path}: not a checkpoint of NISQA v2.0: {error}") from error
    return net.eval(), args


def _mel_filters(args: dict[str, Any]) -> Any:
    """Return triangular filters of equal area on Slaney's mel scale, [bins, bands]."""
    with_torchaudio()
    from torchaudio.functional import melscale_fbanks

    return melscale_fbanks(
        args["ms_n_fft"] // 2 + 1,
        0.0,
        float(args["ms_fmax"]),
        args["ms_n_mels"],
        _RATE,
        norm="slaney",
        mel_scale="slaney",
    )
