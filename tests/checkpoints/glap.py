"""A small random GLAP: the authors' network with few layers, and a tokenizer of a few pieces."""

from functools import partial
from pathlib import Path
from typing import Any

DIMENSIONS = 24


def small() -> None:
    """Make the package build its text half small from here on; it has no setting for that."""
    from glap_model.models.textencoders import sonar_standalone, sonar_text_encoder

    def tiny(**told: Any) -> Any:
        size = {"model_dim": 32, "num_layers": 1, "num_heads": 4, "ffn_inner_dim": 48}
        return sonar_standalone.SonarTextEncoder(**{**told, **size})

    sonar_text_encoder.SonarTextEncoder = partial(tiny)


def glap(folder: Path) -> dict[str, Any]:
    """Save the checkpoint as its authors do, and the tokenizer; return the settings."""
    import sentencepiece
    import torch
    from dasheng.pretrained.pretrained import Dasheng
    from glap_model.models import GLAP
    from glap_model.models.audioencoders import dasheng_audioencoder

    from auricle.experts.scorer_glap import CHECKPOINT, TOKENIZER

    small()
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"the sound of {a} and {b} can be heard" for a in _NOUNS for b in _NOUNS]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "pieces"),
        vocab_size=60,
        hard_vocab_limit=False,
        byte_fallback=False,
        minloglevel=2,
    )
    (folder / "pieces.model").rename(folder / TOKENIZER)
    told = {
        "audio_encoder": "DashengWrapper",
        "audio_encoder_args": {"embed_dim": 32, "depth": 1, "num_heads": 2},
        "text_encoder": "TextEncoderSonarWrapper",
        "text_encoder_args": {},
        "embed_size": DIMENSIONS,
    }
    torch.manual_seed(3)
    dasheng_audioencoder.dasheng_base = lambda **settings: Dasheng(**settings)
    network = GLAP(**{**told, "text_encoder_args": {"tokenizer_path": str(folder / TOKENIZER)}})
    config = {"model": "GLAP", "model_args": told, "train_data": {}, "test_data": {}}
    torch.save({"model": network.state_dict(), "config": config}, folder / CHECKPOINT)
    return {"model": str(folder), "device": "cpu"}


_NOUNS = ("rain", "a dog", "speech", "music", "a train", "wind", "water", "bells")
