"""One Whisper model a process, shared by the experts, which remembers what it heard last."""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.transcript_guards import Draft, compression
from auricle.experts.windows import grouped
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Word

_REMEMBERED = 64  # clips: 1.5 MB each for Whisper base, and no fewer than runners batch
_SHORT = 1500  # frames of 10 ms
_MARGIN = 100
_BEFORE, _AFTER = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # marks that belong to a word

Array = NDArray[Any]


class Window(NamedTuple):
    """At most 30 s of a clip, where it starts in seconds, and Whisper's code of its language."""

    waveform: Waveform
    start: float
    language: str


@lru_cache(maxsize=2)
def ear(directory: Path, threads: int = 1, device: str = "cpu", batch: int = 1) -> "Ear":
    """Return Whisper from a CTranslate2 folder: float16 on a GPU, 8-bit integers on a CPU.

    `device` is auto, cpu or cuda; `batch` is how many windows go through it together.

    Raises:
        UserError: faster-whisper is not installed, or there is no GPU.
    """
    try:
        from ctranslate2 import get_cuda_device_count
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise UserError(
            'language and transcript need faster-whisper: pip install "auricle[lite]"'
        ) from error
    gpus = get_cuda_device_count()
    if device == "auto":
        device = "cuda" if gpus else "cpu"
    if device == "cuda" and not gpus:
        raise UserError("device: cuda was asked for, but CTranslate2 sees no GPU")
    kind = "float16" if device == "cuda" else "int8"
    model = WhisperModel(str(directory), device=device, compute_type=kind, cpu_threads=threads)
    return Ear(model, batch)


class Ear:
    """A faster-whisper model that hears many clips at once."""

    def __init__(self, model: Any, batch: int = 1):
        self._model = model
        self._batch = batch
        self._tokenizers: dict[str, Any] = {}
        self.encoder = Encoder(self._encode, batch)

    def knows(self, language: str) -> bool:
        """Tell whether the model has a token for Whisper's code of a language."""
        known = self._model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None
        return known and language in self._model.supported_languages

    def languages(self, waveforms: Sequence[Waveform]) -> list[list[tuple[str, float]]]:
        """Return the languages of the first 30 s of each waveform (16 kHz), the likeliest first."""
        encoded = self.encoder([self._features(waveform) for waveform in waveforms])
        found: dict[int, list[tuple[str, float]]] = {}
        for group in grouped([sound.shape for sound in encoded], self._batch):
            together = _storage([encoded[i] for i in group])
            for i, each in zip(group, self._model.model.detect_language(together), strict=True):
                found[i] = [(token[2:-2], round(float(p), 4)) for token, p in each]
        return [found[i] for i in range(len(encoded))]

    def write(self, clips: Sequence[Sequence[Window]], beam_size: int) -> list[list[Draft]]:
        """Return what is said in the windows of each clip, word times in seconds of the clip.

        Each window is decoded once, by beam search, without timestamps in the text.
        """
        windows = list(chain.from_iterable(clips))
        encoded = self.encoder([self._features(window.waveform) for window in windows])
        written: dict[int, tuple[list[dict[str, Any]], list[Any]]] = {}
        kinds = [
            (window.language, *sound.shape) for window, sound in zip(windows, encoded, strict=True)
        ]
        for group in grouped(kinds, self._batch):
            sounds = _storage([encoded[i] for i in group])
            texts = self._write([windows[i] for i in group], sounds, beam_size)
            written.update(zip(group, texts, strict=True))
        ends = np.cumsum([0, *map(len, clips)])
        return [
            self._timed([written[i] for i in range(first, last)])
            for first, last in zip(ends[:-1], ends[1:], strict=True)
        ]

    def _features(self, waveform: Waveform) -> Array:
        """Return log-mel features of at most 30 s, [mels, 3000], zeros after the sound."""
        from faster_whisper.audio import pad_or_trim

        return np.asarray(pad_or_trim(self._model.feature_extractor(waveform)[..., :-1]))

    def _encode(self, features: Array) -> Array:
        import ctranslate2

        # The output is brought to the CPU, where it can be kept and put together anew.
        features = np.ascontiguousarray(features, np.float32)
        mel = ctranslate2.StorageView.from_array(features)
        return np.array(self._model.model.encode(mel, to_cpu=True))

    def _write(
        self, windows: Sequence[Window], sounds: Any, beam_size: int
    ) -> list[tuple[list[dict[str, Any]], list[Any]]]:
        """Return the segments of each window of one language, and its words' places in time."""
        from faster_whisper.transcribe import get_suppressed_tokens

        model, tokenizer = self._model, self._tokenizer(windows[0].language)
        prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
        results = model.model.generate(
            sounds,
            [prompt] * len(windows),
            beam_size=beam_size,
            max_length=model.max_length,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
            sampling_temperature=0.0,
        )
        segments, frames = [], []
        for window, result in zip(windows, results, strict=True):
            tokens = result.sequences_ids[0]
            seconds = len(window.waveform) / model.feature_extractor.sampling_rate
            frames.append(ceil(seconds) * model.frames_per_second)
            parts, _, _ = model._split_segments_by_timestamps(
                tokenizer, tokens, window.start, frames[-1], seconds, seek=0
            )
            doubts = {
                "avg_logprob": result.scores[0] * len(tokens) / (len(tokens) + 1),
                "no_speech_prob": result.no_speech_prob,
                "seek": int(window.start * model.frames_per_second),
            }
            segments.append([part | doubts for part in parts])
            for part in segments[-1]:
                part["text"] = tokenizer.decode(part["tokens"])
        tokens = [
            [token for part in parts for token in part["tokens"] if token < tokenizer.eot]
            for parts in segments
        ]
        places = model.find_alignment(tokenizer, tokens, sounds, frames)
        return list(zip(segments, places, strict=True))

    def _timed(self, written: Sequence[tuple[list[dict[str, Any]], list[Any]]]) -> list[Draft]:
        """Return the segments of one clip with their words.

        faster-whisper does this for all windows of a batch in a row, as if they were one
        recording; here each clip is timed by itself.
        """
        from faster_whisper import WhisperModel

        segments = [parts for parts, _ in written]
        aligned = SimpleNamespace(
            frames_per_second=self._model.frames_per_second,
            find_alignment=lambda *_: [places for _, places in written],
        )
        eot = SimpleNamespace(eot=self._model.hf_tokenizer.token_to_id("<|endoftext|>"))
        WhisperModel.add_word_timestamps(aligned, segments, eot, None, None, _BEFORE, _AFTER, 0.0)
        return [_draft(part) for part in chain.from_iterable(segments)]

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=language,
            )
        return self._tokenizers[language]


class Encoder:
    """Whisper's encoder, on a shorter window where the sound allows, with a memory.

    Whisper hears windows of 30 s, the empty rest filled up. The encoder's cost grows faster than
    the window: 15 s take a quarter of the time of 30 s. On the listening set the language is named
    as well, and the transcript loses at most five words in a thousand. (A window cut close to the
    sound makes Whisper stammer.) The memory lets the transcript use what was encoded for the
    language.
    """

    def __init__(self, encode: Callable[[Array], Array], batch: int = 1):
        self._encode = encode
        self._batch = batch
        self._recent: dict[bytes, Array] = {}

    def __call__(self, features: Sequence[Array]) -> list[Array]:
        """Return the encoder's output [steps, width] for each log-mel sound.

        The sounds are [mels, 3000] with zeros after the sound. Those of like length are encoded
        together, so that a sound's output never depends on its neighbours' length.
        """
        mels = [mel if mel[:, _SHORT - _MARGIN :].any() else mel[:, :_SHORT] for mel in features]
        keys = [hashlib.blake2b(mel.tobytes(), digest_size=16).digest() for mel in mels]
        outputs = {key: self._recent[key] for key in keys if key in self._recent}
        new = {key: mel for key, mel in zip(keys, mels, strict=True) if key not in outputs}
        fresh = list(new)
        for group in grouped([mel.shape[1] for mel in new.values()], self._batch):
            some = [fresh[i] for i in group]
            encoded = self._encode(np.stack([new[key] for key in some]))
            outputs |= {key: one.copy() for key, one in zip(some, encoded, strict=True)}
        for key in new:
            if len(self._recent) == _REMEMBERED:
                del self._recent[next(iter(self._recent))]
            self._recent[key] = outputs[key]
        return [outputs[key] for key in keys]


def _storage(sounds: Sequence[Array]) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.stack(sounds))


def _draft(segment: dict[str, Any]) -> Draft:
    words = tuple(
        Word(
            start=float(word["start"]),
            end=float(word["end"]),
            text=word["word"],
            probability=round(float(word["probability"]), 4),
        )
        for word in segment["words"]
        if word["word"].strip()
    )
    doubts = float(segment["avg_logprob"]), float(segment["no_speech_prob"])
    return Draft(segment["text"], words, *doubts, compression(segment["text"]))
