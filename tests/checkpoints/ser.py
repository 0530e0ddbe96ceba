"""Small random models of speech emotion, laid out as on the model hub."""

from pathlib import Path
from typing import Any

from auricle.experts.audeering_model import audeering_network
from auricle.experts.emotion_audeering import HEADS
from auricle.experts.torch_runtime import with_torchaudio

_TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8, 8, 8, 8, 8, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "classifier_proj_size": 8,
    "initializer_range": 0.2,  # large enough that sounds differ in what they score
}
SUPERB = {0: "neu", 1: "hap", 2: "ang", 3: "sad"}


def hubert(folder: Path, masked: bool = True, labels: dict[int, str] = SUPERB) -> dict[str, Any]:
    """Save HuBERT with the head of SUPERB (a weighted sum of the layers); return the settings.

    `masked` is large HuBERT, which takes padding with a mask; base HuBERT takes none.
    """
    import torch

    with_torchaudio()
    from transformers import HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor

    torch.manual_seed(3)
    config = HubertConfig(
        **_TINY,
        feat_extract_norm="layer" if masked else "group",
        do_stable_layer_norm=masked,
        use_weighted_layer_sum=True,
        id2label=labels,
        label2id={label: index for index, label in labels.items()},
    )
    _save_as_in_2021(HubertForSequenceClassification(config), folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=masked).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def whisper(folder: Path) -> dict[str, Any]:
    """Save the encoder of Whisper with a classifier of seven emotions; return the settings."""
    import torch

    with_torchaudio()
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForAudioClassification

    torch.manual_seed(4)
    names = ("angry", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
    config = WhisperConfig(
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        vocab_size=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        classifier_proj_size=8,
        init_std=0.4,
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
    )
    WhisperForAudioClassification(config).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def audeering(folder: Path) -> dict[str, Any]:
    """Save audeering's dimensional network; return the settings."""
    import torch

    with_torchaudio()
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor

    torch.manual_seed(5)
    names = {0: "arousal", 1: "dominance", 2: "valence"}
    config = Wav2Vec2Config(
        **_TINY,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        id2label=names,
        label2id={name: index for index, name in names.items()},
    )
    _save_as_in_2021(audeering_network(HEADS)(config), folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def _save_as_in_2021(network: Any, folder: Path) -> None:
    """Save a network as the checkpoints of that time are: a .bin, and weight norm's old names."""
    import torch

    network.config.save_pretrained(folder)
    old = {".parametrizations.weight.original0": ".weight_g"}
    old[".parametrizations.weight.original1"] = ".weight_v"
    weights = {}
    for name, tensor in network.state_dict().items():
        for new, former in old.items():
            name = name.replace(new, former)
        weights[name] = tensor
    assert any(name.endswith(".weight_g") for name in weights)
    torch.save(weights, folder / "pytorch_model.bin")
