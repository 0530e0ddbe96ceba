"""A small random Whisper with the ears and the languages of large-v3, in CTranslate2's format."""

import json
from pathlib import Path
from typing import Any

WORDS, TIMES = 50_257, 1_501  # CTranslate2 tells a multilingual Whisper by its size and by ""


def whisper(folder: Path) -> dict[str, Any]:
    """Save a random model of 128 mel bins and return the settings that load it."""
    from auricle.experts.torch_runtime import with_torchaudio

    with_torchaudio()
    import torch
    from ctranslate2.converters.transformers import WhisperLoader
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    vocabulary, languages, tokenizer = _tokenizer(folder)
    torch.manual_seed(0)
    size = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 64}
    config = WhisperConfig(
        vocab_size=vocabulary,
        num_mel_bins=128,
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        decoder_ffn_dim=64,
        decoder_start_token_id=WORDS + 1,
        eos_token_id=WORDS,
        bos_token_id=WORDS,
        pad_token_id=WORDS,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        **size,
    )
    model = WhisperForConditionalGeneration(config).eval()
    # Drawn wider than usual, so that it does not write the same word for ever.
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.generation_config.suppress_tokens = []
    model.generation_config.begin_suppress_tokens = []
    model.generation_config.lang_to_id = languages
    model.generation_config.alignment_heads = [[1, 0]]
    with torch.no_grad():
        spec = WhisperLoader()(model, tokenizer)
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(str(folder))
    preprocessor = {"feature_size": 128, "hop_length": 160, "n_fft": 400, "sampling_rate": 16_000}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return {"model": str(folder), "device": "cpu", "batch": 3}


def _tokenizer(folder: Path) -> tuple[int, dict[str, int], Any]:
    """Save a tokenizer of numbers and Whisper's special tokens; return its size and languages."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = sorted(pre_tokenizers.ByteLevel.alphabet())
    words += [f"Ġ{i}" for i in range(WORDS - 1 - len(words))] + [""]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["endoftext", "startoftranscript", *_LANGUAGE_CODES, "translate", "transcribe"]
    special += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True) for name in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    languages = {f"<|{c}|>": tokenizer.token_to_id(f"<|{c}|>") for c in _LANGUAGE_CODES}
    size = tokenizer.get_vocab_size() + TIMES
    return size, languages, PreTrainedTokenizerFast(tokenizer_object=tokenizer)
