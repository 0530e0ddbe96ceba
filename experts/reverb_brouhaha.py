"""Reverberation by a network: C50 of the speech (Brouhaha)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.hearing import each_heard
from auricle.experts.lightning_checkpoint import read_lightning
from auricle.experts.torch_runtime import torch_device, with_torchaudio
from auricle.experts.windows import grouped
from auricle.schemas.acoustics import Reverb
from auricle.schemas.errors import UserError

_RATE = 16_000
_WEIGHTS = "pytorch_model.bin"
_C50 = (60.0, -10.0)  # dB: what the sigmoid's 0 and 1 stand for; it falls
_PARTS = ("sincnet", "lstm", "linear")


@dataclass
class BrouhahaReverb:
    """Looks at windows of the length it was trained on, half a window apart, and takes the median.

    The network (Lavechin et al., Brouhaha: multi-task training for voice activity detection,
    speech-to-noise ratio, and C50 room acoustics estimation, ASRU 2023) says for each frame of
    17 ms whether somebody speaks, and how clear the speech is; only frames with speech count. It
    is pyannote's PyanNet with three heads. RT60 is null: C50 also depends on the distance.
    """

    role: ClassVar[str] = "reverb"
    backend: ClassVar[str] = "brouhaha"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("torch", "pyannote.audio")
    memory: ClassVar[float] = 1.5
    gpu_memory: ClassVar[float] = 1.0
    record: ClassVar[type[Reverb]] = Reverb

    model: str = "brouhaha"
    device: str = "auto"
    batch: int = 32
    """Windows at once."""
    speech: float = 0.78
    """The speech probability from which a frame counts; the authors' threshold."""
    _net: Any = field(init=False, repr=False, compare=False)
    _window: int = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights it loads."""
        return (self.model,)

    def load(self) -> None:
        """Load the network; UserError when the file is not Brouhaha's."""
        path = store.find(self.model) / _WEIGHTS
        with_torchaudio()
        found = read_lightning(path)
        try:
            seconds = found["pyannote.audio"]["specifications"].duration
        except (KeyError, AttributeError) as error:
            raise UserError(f"{path}: does not say how long its windows are") from error
        self._window = round(float(seconds) * _RATE)
        self._net = _network(found, path).eval().to(torch_device(self.device))

    def annotate(self, clips: Sequence[Heard]) -> list[Reverb]:
        """Return C50 of each clip in dB; a clip without a frame of speech is skipped."""
        return each_heard(clips, Reverb, self._rows)

    def _rows(self, clips: list[Heard]) -> Iterable[Reverb]:
        windows = [(row, cut) for row, clip in enumerate(clips) for cut in self._cut(clip.waveform)]
        looks: list[list[Any]] = [[] for _ in clips]
        for some in grouped([len(cut) for _, cut in windows], self.batch):
            frames = self._look([windows[index][1] for index in some])
            for index, look in zip(some, frames, strict=True):
                looks[windows[index][0]].append(look)
        return map(self._judge, clips, looks)

    def _cut(self, waveform: Waveform) -> list[Waveform]:
        """Return windows half a window apart, the last one at the end; a short clip is one."""
        last = max(0, len(waveform) - self._window)
        starts = sorted({*range(0, last, self._window // 2), last})
        return [waveform[start : start + self._window] for start in starts]

    def _look(self, windows: list[Waveform]) -> Any:
        """Return the probability of speech and C50 in dB, [windows, frames, 2]."""
        import torch

        sound = torch.from_numpy(np.stack(windows))[:, None].to(self._net.device)
        with torch.inference_mode():
            raw = torch.sigmoid(self._net(sound).float())
        low, high = _C50
        return torch.stack([raw[..., 0], low + (high - low) * raw[..., 2]], -1).cpu().numpy()

    def _judge(self, clip: Heard, looks: Sequence[Any]) -> Reverb:
        speech, c50 = np.concatenate(looks).T
        spoken = c50[speech >= self.speech]
        if not len(spoken):
            return Reverb.skipped(clip.clip_id, "no_speech_frames", "the network hears no speech")
        # Sums of floats end differently in larger batches: digits that mean nothing are cut off.
        return Reverb(clip_id=clip.clip_id, c50=round(float(np.median(spoken)), 2))


def _network(found: dict[str, Any], path: Path) -> Any:
    """Return PyanNet with the heads and the weights of a checkpoint; it gives raw values."""
    import torch
    from pyannote.audio.models.segmentation import PyanNet

    settings = found.get("hyper_parameters", {})
    parts: dict[str, Any] = {part: dict(settings[part]) for part in _PARTS if part in settings}
    net = PyanNet(**parts)
    weights = found["state_dict"]
    heads = {
        head: weights.get(f"classifier.linears.{head}.weight") for head in ("vad", "snr", "c50")
    }
    if any(weight is None for weight in heads.values()):
        raise UserError(f"{path}: not a Brouhaha checkpoint: it lacks the heads vad, snr and c50")
    net.classifier = _heads({head: tuple(weight.shape) for head, weight in heads.items()})
    net.activation = torch.nn.Identity()
    # Beside the network's own tensors there are those of its loss and of its validation.
    own = {name: weights[name] for name in net.state_dict() if name in weights}
    try:
        net.load_state_dict(own)
    except RuntimeError as error:
        raise UserError(f"{path}: not a Brouhaha checkpoint: {error}") from error
    return net


def _heads(shapes: dict[str, tuple[int, int]]) -> Any:
    """Return a module with one linear layer a head, whose outputs are laid side by side."""
    import torch

    class Heads(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linears = torch.nn.ModuleDict(
                {head: torch.nn.Linear(size, outputs) for head, (outputs, size) in shapes.items()}
            )

        def forward(self, hidden: Any) -> Any:
            return torch.cat([linear(hidden) for linear in self.linears.values()], dim=-1)

    return Heads()
