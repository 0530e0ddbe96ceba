"""A small random model of age and gender, laid out as audeering's on the model hub."""

from pathlib import Path
from typing import Any

from auricle.experts.audeering_model import audeering_network
from auricle.experts.torch_runtime import with_torchaudio
from auricle.experts.traits_audeering import HEADS


def age_gender(folder: Path) -> dict[str, Any]:
    """Save the network and its feature extractor; return the settings."""
    import torch

    with_torchaudio()
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor

    torch.manual_seed(6)
    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8, 8, 8, 8, 8, 8, 8),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        initializer_range=0.2,  # large enough that sounds differ in what they score
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
    )
    network = audeering_network(HEADS)(config)
    with torch.no_grad():
        network.age.out_proj.bias.fill_(0.4)  # years within a lifetime
    network.config.save_pretrained(folder)
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}
