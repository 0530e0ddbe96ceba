"""Clip vectors by any sound encoder that transformers can load, MERaLiON's among them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.embedding import Vectors, embed, kind_of
from auricle.experts.sound import resample
from auricle.experts.torch_runtime import autocast, torch_device, with_torchaudio
from auricle.experts.windows import mean_over, run_full
from auricle.schemas.annotation import Embedding
from auricle.schemas.errors import UserError

_RATE = 16_000
_SHORTEST = 0.1


@dataclass
class TransformersEmbedding:
    """The mean over time of an encoder's output: wav2vec 2, HuBERT, WavLM, Whisper's encoder ...

    `model` names it: a folder or an id of the model hub, "microsoft/wavlm-base-plus". Padding is
    left out of the mean, and most encoders see none, for windows of one length go together and
    others alone. Repositories that bring code of their own are refused unless
    `trust_remote_code` says that you have read it: it runs with all your rights.
    """

    role: ClassVar[str] = "embedding"
    backend: ClassVar[str] = "transformers"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 3.0
    gpu_memory: ClassVar[float] = 3.0
    record: ClassVar[type[Embedding]] = Embedding

    model: str = ""
    layer: int = -1
    """Whose output is taken: -1 is the encoder's own, 0 goes into its first layer, 1 comes out of
    it ... Middle layers often tell language and emotion better."""
    window: float = 10.0
    """Seconds; of a longer clip the mean of windows is taken."""
    device: str = "auto"
    batch: int = 16
    """Windows at once on a GPU."""
    trust_remote_code: bool = False
    _encoder: Any = field(init=False, repr=False, compare=False)
    _extractor: Any = field(init=False, repr=False, compare=False)
    _batch: int = field(init=False, repr=False, compare=False)
    _kind: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse windows that no encoder hears whole."""
        if not 1 <= self.window <= 30:
            raise UserError(f"embedding.window is {self.window}; it lies between 1 and 30 seconds")

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,) if self.model else ()

    def load(self) -> None:
        """Load the encoder and what prepares its input.

        Raises:
            UserError: no model is named, it brings code that is not trusted, or it is no
                encoder of sound.
            MissingModel: the weights are not here.
        """
        if not self.model:
            raise UserError(
                "embedding.model: name an encoder, a folder or an id of the model hub such as "
                "microsoft/wavlm-base-plus"
            )
        folder = store.find(self.model)
        with_torchaudio()
        import torch
        from transformers import AutoConfig, AutoFeatureExtractor, AutoModel

        extractors: Any = AutoFeatureExtractor
        networks: Any = AutoModel
        foreign = self._brings_code(folder)
        options = {"local_files_only": True, "trust_remote_code": self.trust_remote_code}
        try:
            self._extractor = extractors.from_pretrained(folder, **options)
            config = AutoConfig.from_pretrained(folder, **options)
            model = networks.from_pretrained(folder, config=config, dtype=torch.float32, **options)
        except (OSError, ValueError) as error:
            raise UserError(f"{folder}: no encoder of sound: {error}") from error
        if foreign:
            _fill(model, networks.from_config(config, trust_remote_code=True))
        if model.config.is_encoder_decoder:
            model = model.get_encoder()
        device = torch_device(self.device)
        self._encoder = model.eval().to(device)
        self._batch = 1 if device.type == "cpu" else self.batch
        self._kind = kind_of(self)

    def annotate(self, clips: Sequence[Heard]) -> list[Embedding]:
        """Return the vector of each clip; silent clips and those under 0.1 s are skipped."""
        return embed(clips, self._kind, _SHORTEST, self._vectors)

    def _vectors(self, waveforms: Sequence[Waveform]) -> Vectors:
        rate = self._extractor.sampling_rate
        size = round(self.window * rate)
        sounds = [resample(waveform, _RATE, rate) for waveform in waveforms]
        return mean_over(sounds, size, lambda cut: run_full(cut, size, self._batch, self._hear))

    def _hear(self, windows: Vectors) -> Vectors:
        """Return the mean output of each window, [windows, samples] to [windows, width]."""
        import torch

        device = self._encoder.device
        inputs = self._prepared(list(windows.astype(np.float32))).to(device)
        mask = inputs.get("attention_mask")
        with torch.inference_mode(), autocast(device):
            told = self._encoder(**inputs, output_hidden_states=self.layer >= 0)
        output = told.last_hidden_state if self.layer < 0 else told.hidden_states[self.layer]
        output = output.float()
        if mask is None:
            return np.asarray(output.mean(1).cpu().numpy())
        # Outputs are fewer than inputs; as many of them are real as of those, and at least one.
        share = mask.sum(1) / mask.shape[1] * output.shape[1]
        real = torch.arange(output.shape[1], device=device) < share.ceil()[:, None]
        total = (output * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return np.asarray(total.cpu().numpy())

    def _prepared(self, windows: list[Waveform]) -> Any:
        return self._extractor(
            windows,
            sampling_rate=self._extractor.sampling_rate,
            return_attention_mask=True,
            return_tensors="pt",
        )

    def _brings_code(self, folder: Path) -> bool:
        """Tell whether a repository runs its own code; UserError if it would and is not trusted."""
        from transformers import CONFIG_MAPPING

        path = folder / "config.json"
        config = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        foreign = bool(config.get("auto_map")) and config.get("model_type") not in CONFIG_MAPPING
        if foreign and not self.trust_remote_code:
            raise UserError(
                f"{self.model} brings code of its own: read the .py files in {folder}, then set "
                "experts.embedding.trust_remote_code: true"
            )
        return foreign


@dataclass
class MeralionEmbedding(TransformersEmbedding):
    """MERaLiON-SpeechEncoder-2 (A*STAR), a speech encoder for South-East Asia; serves probes.

    Its repository brings its own model code, and its licence is its own: read both before you
    set `trust_remote_code`.
    """

    backend: ClassVar[str] = "meralion"

    model: str = "meralion-speech-encoder-2"

    def _prepared(self, windows: list[Waveform]) -> Any:
        # The model card's way: the features are not normalised a second time.
        return self._extractor(
            windows,
            sampling_rate=self._extractor.sampling_rate,
            return_attention_mask=True,
            return_tensors="pt",
            do_normalize=False,
        )


def _fill(model: Any, built: Any) -> None:
    """Give a model what its own code computes and no checkpoint holds, from one that was built.

    transformers makes the model without memory and fills in the checkpoint. Position tables that
    foreign code keeps as plain attributes or non-persistent buffers are left without values; those
    of MERaLiON's conformer are.
    """
    import torch

    for empty, whole in zip(model.modules(), built.modules(), strict=True):
        for name in whole._non_persistent_buffers_set:
            empty._buffers[name] = whole._buffers[name]
        for name, value in vars(whole).items():
            if isinstance(value, torch.Tensor):
                setattr(empty, name, value)
