"""Small random classifiers of languages, laid out as the model hub lays out the large ones."""

from pathlib import Path
from typing import Any

LANGUAGES = ["de: German", "en: English", "iw: Hebrew", "jw: Javanese", "th: Thai", "zh: Chinese"]


def voxlingua(folder: Path) -> dict[str, Any]:
    """Save an ECAPA-TDNN as speechbrain/lang-id-voxlingua107-ecapa and return its settings."""
    from auricle.experts.torch_runtime import with_torchaudio

    with_torchaudio()
    import torch
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
    from speechbrain.lobes.models.Xvector import Classifier

    torch.manual_seed(1)
    network = ECAPA_TDNN(
        60,
        channels=[16, 16, 16, 16, 48],
        kernel_sizes=[5, 3, 3, 3, 1],
        dilations=[1, 2, 3, 4, 1],
        attention_channels=8,
        se_channels=8,
        lin_neurons=12,
    )
    head = Classifier([None, None, 12], lin_blocks=1, lin_neurons=8, out_neurons=len(LANGUAGES))
    torch.save(network.state_dict(), folder / "embedding_model.ckpt")
    torch.save(head.state_dict(), folder / "classifier.ckpt")
    lines = [f"{name!r} => {i}" for i, name in enumerate(LANGUAGES)]
    end = ["================", "'starting_index' => 0"]
    (folder / "label_encoder.txt").write_text("\n".join([*lines, *end, ""]))
    return {"model": str(folder), "device": "cpu", "batch": 3}


def mms_lid(folder: Path) -> dict[str, Any]:
    """Save a Wav2Vec 2 classifier as facebook/mms-lid-256 and return its settings."""
    from auricle.experts.torch_runtime import with_torchaudio

    with_torchaudio()
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForSequenceClassification,
    )

    names = dict(enumerate(["eng", "cmn", "zlm", "ind", "tha", "tgl"]))
    config = Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        classifier_proj_size=16,
        num_labels=len(names),
        id2label=names,
        label2id={name: i for i, name in names.items()},
    )
    torch.manual_seed(0)
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(folder)
    return {"model": str(folder), "device": "cpu", "batch": 3}
