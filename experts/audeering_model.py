"""audeering's wav2vec 2.0 models: a mean over time, and a small head for each thing they tell."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auricle.experts.base import Waveform
from auricle.experts.emotion_turns import Scores, batches
from auricle.experts.torch_runtime import autocast, torch_device, with_torchaudio
from auricle.schemas.errors import UserError

SAMPLE_RATE = 16_000
_UNUSED = "masked_spec_embed"  # of training alone


class AudeeringModel:
    """A loaded model: 16 kHz sounds in, the outputs of its heads out."""

    def __init__(self, network: Any, extractor: Any) -> None:
        self._network, self._extractor = network, extractor

    def scores(self, sounds: Sequence[Waveform], batch: int) -> list[Scores]:
        """Return the outputs of all heads, one after the other, for each sound.

        `batch` sounds go together on a GPU; a CPU gains nothing from it and hears one at a time.
        """
        size = 1 if self._network.device.type == "cpu" else batch
        found: list[Scores] = [np.zeros(0)] * len(sounds)
        for numbers in batches([len(sound) for sound in sounds], size):
            told = self.together([sounds[number] for number in numbers])
            for number, scores in zip(numbers, told, strict=True):
                found[number] = scores
        return found

    def together(self, sounds: Sequence[Waveform]) -> Scores:
        """Return the outputs for sounds that are padded to one length, [sounds, outputs]."""
        import torch

        device = self._network.device
        features = self._extractor(
            list(sounds),
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(device)
        with torch.inference_mode(), autocast(device):
            told = self._network(**features).float().cpu().numpy()
        return np.asarray(told, np.float64)


def audeering_model(folder: Path, heads: Mapping[str, int], device: str) -> AudeeringModel:
    """Return the model of a folder laid out as the model hub's.

    `heads` names the heads in the checkpoint and how many outputs each has.

    Raises:
        UserError: the folder does not hold all of the model.
    """
    on = torch_device(device)
    with_torchaudio()
    from transformers import Wav2Vec2FeatureExtractor

    try:
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder, local_files_only=True)
        network, info = audeering_network(heads).from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise UserError(f"{folder} holds no wav2vec 2.0 model of this kind: {error}") from error
    missing = sorted(key for key in info["missing_keys"] if not key.endswith(_UNUSED))
    if missing:
        raise UserError(f"{folder}: not this model of audeering, it lacks {', '.join(missing[:3])}")
    return AudeeringModel(network.eval().to(on), extractor)


def audeering_network(heads: Mapping[str, int]) -> Any:
    """Return the class of the network, with the names that its checkpoint has.

    The mean of wav2vec 2.0's last layer over time, then for each head a dense layer with tanh and
    its outputs.
    """
    import torch
    from torch import nn
    from transformers import Wav2Vec2Model, Wav2Vec2PreTrainedModel

    class Head(nn.Module):
        def __init__(self, size: int, outputs: int) -> None:
            super().__init__()
            self.dense = nn.Linear(size, size)
            self.out_proj = nn.Linear(size, outputs)

        def forward(self, features: Any) -> Any:
            return self.out_proj(torch.tanh(self.dense(features)))

    base: Any = Wav2Vec2PreTrainedModel

    class Network(base):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.wav2vec2 = Wav2Vec2Model(config)
            for name, outputs in heads.items():
                setattr(self, name, Head(config.hidden_size, outputs))
            self.post_init()

        def forward(self, input_values: Any, attention_mask: Any) -> Any:
            hidden = self.wav2vec2(input_values, attention_mask=attention_mask)[0]
            frames = self._get_feature_vector_attention_mask(hidden.shape[1], attention_mask)
            heard = frames.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * heard).sum(dim=1) / heard.sum(dim=1)
            return torch.hstack([getattr(self, name)(mean) for name in heads])

    return Network
