"""A small random CLAP: a few thousand weights, and a tokenizer that reads single bytes."""

from pathlib import Path
from typing import Any

from auricle.experts.torch_runtime import with_torchaudio

DIMENSIONS = 16


def clap(folder: Path) -> dict[str, Any]:
    """Save the model, its feature extractor and its tokenizer; return the settings."""
    import torch

    with_torchaudio()
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(5)
    config = ClapConfig(
        text_config={
            "vocab_size": 261,
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "max_position_embeddings": 130,
        },
        audio_config={
            "patch_embeds_hidden_size": 8,
            "hidden_size": 64,
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4],
        },
        projection_dim=DIMENSIONS,
    )
    ClapModel(config).save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    return {"model": str(folder), "device": "cpu"}


def _tokenizer() -> Any:
    """Return a RoBERTa tokenizer with one token a byte and no merges."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import RobertaTokenizerFast

    names = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {name: index for index, name in enumerate([*names, "<mask>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return RobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=128)
