"""Small random encoders of sound: one of transformers' own, and one that brings its own code."""

import json
from pathlib import Path
from typing import Any

from auricle.experts.torch_runtime import with_torchaudio


def wav2vec2(folder: Path) -> dict[str, Any]:
    """Save a wav2vec 2 and its feature extractor; return the settings."""
    import torch

    with_torchaudio()
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    torch.manual_seed(5)
    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=[8] * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
    )
    Wav2Vec2Model(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def whisper(folder: Path) -> dict[str, Any]:
    """Save a Whisper and its feature extractor, which pads to 30 s; return the settings."""
    import torch

    with_torchaudio()
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

    torch.manual_seed(5)
    config = WhisperConfig(
        vocab_size=64,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    WhisperModel(config).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def meralion(folder: Path) -> dict[str, Any]:
    """Save an encoder laid out as MERaLiON-SpeechEncoder-2 is; return the settings.

    As there, the code lies beside the weights, features go in as [batch, bands, frames] with a
    mask, one output stands for four frames, and a table of positions is in no checkpoint.
    """
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(5)
    (folder / "modeling_tiny.py").write_text(_MODEL, "utf-8")
    (folder / "processing_tiny.py").write_text(_EXTRACTOR, "utf-8")
    config = {
        "architectures": ["TinyModel"],
        "model_type": "tiny_foreign",
        "auto_map": {
            "AutoConfig": "modeling_tiny.TinyConfig",
            "AutoModel": "modeling_tiny.TinyModel",
        },
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    extractor = {
        "feature_extractor_type": "TinyExtractor",
        "auto_map": {"AutoFeatureExtractor": "processing_tiny.TinyExtractor"},
        "feature_size": 8,
        "sampling_rate": 16_000,
        "padding_value": 0.0,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(extractor), "utf-8")
    save_file(
        {"project.weight": torch.randn(16, 8), "project.bias": torch.randn(16)},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    return {"model": str(folder), "device": "cpu", "trust_remote_code": True}


_MODEL = """
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput


class TinyConfig(PretrainedConfig):
    model_type = "tiny_foreign"


class Positions(torch.nn.Module):
    def __init__(self, buffer):
        super().__init__()
        table = torch.arange(4000.0)[:, None].sin()
        if buffer:
            self.register_buffer("pe", table, persistent=False)
        else:
            self.pe = table

    def forward(self, x):
        return x + self.pe[: x.shape[1]]


class TinyModel(PreTrainedModel):
    config_class = TinyConfig

    def __init__(self, config):
        super().__init__(config)
        self.project = torch.nn.Linear(8, 16)
        self.positions = torch.nn.ModuleList([Positions(True), Positions(False)])
        self.post_init()

    def forward(self, input_values, attention_mask, output_hidden_states=False):
        x = self.project(input_values.transpose(1, 2)[:, ::4])
        for positions in self.positions:
            x = positions(x)
        return BaseModelOutput(last_hidden_state=x)
"""

_EXTRACTOR = """
import numpy as np
import torch
from transformers import BatchFeature
from transformers.feature_extraction_sequence_utils import SequenceFeatureExtractor


class TinyExtractor(SequenceFeatureExtractor):
    model_input_names = ["input_values", "attention_mask"]

    def __call__(self, sounds, sampling_rate, return_attention_mask, return_tensors, do_normalize):
        assert not do_normalize
        cut = [np.resize(sound, (max(1, len(sound) // 160), 8)) for sound in sounds]
        longest = max(map(len, cut))
        padded = np.stack([np.pad(c, ((0, longest - len(c)), (0, 0))) for c in cut])
        mask = [[1] * len(c) + [0] * (longest - len(c)) for c in cut]
        values = torch.from_numpy(padded.astype(np.float32)).transpose(1, 2)
        return BatchFeature({"input_values": values, "attention_mask": torch.tensor(mask)})
"""
