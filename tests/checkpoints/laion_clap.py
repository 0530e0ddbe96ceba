"""A random CLAP in the format of the package laion-clap, with a tiny half for texts.

The package reads the text half's shape and three tokenizers by the names that the hub has for
them, also when it is imported; here they are folders.
"""

import json
from pathlib import Path
from typing import Any


def laion_clap(folder: Path) -> dict[str, Any]:
    """Save the checkpoint, and `roberta-base` beside it; return the settings.

    The caller's working folder must be `folder` here and while the scorer loads.
    """
    import torch
    from transformers import BertTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer

    words = folder / "words.txt"
    words.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    BertTokenizer(str(words)).save_pretrained(folder / "bert-base-uncased")
    roberta = folder / "roberta-base"
    for place in (roberta, folder / "facebook" / "bart-base"):
        _bytes(place)
        made = RobertaTokenizer(str(place / "vocab.json"), str(place / "merges.txt"))
        made.save_pretrained(place)
    shape = RobertaConfig(
        vocab_size=261,
        hidden_size=768,  # the package's projection wants it
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=130,
    )
    RobertaModel(shape).save_pretrained(roberta)
    from laion_clap import CLAP_Module

    torch.manual_seed(5)
    module = CLAP_Module(enable_fusion=False, device="cpu", amodel="HTSAT-tiny")
    state = {f"module.{name}": value for name, value in module.model.state_dict().items()}
    torch.save({"epoch": 1, "state_dict": state}, folder / "small.pt")
    return {"model": str(folder), "device": "cpu"}


def _bytes(folder: Path) -> None:
    """Write a vocabulary of single bytes, without merges."""
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode

    folder.mkdir(parents=True)
    names = ["<s>", "<pad>", "</s>", "<unk>", *bytes_to_unicode().values(), "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
