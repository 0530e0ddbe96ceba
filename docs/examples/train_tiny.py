"""Train a tiny captioner on the training Parquet, on a CPU: a pattern, not a model to keep.

python docs/examples/train_tiny.py DATASET/exports/parquet --steps 60
"""

import argparse
import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import datasets
import soundfile
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.utils.data import DataLoader, Sampler

RATE = 16_000
BINS = 257
PAD, START, END, UNKNOWN = range(4)


def open_clips(folder: str, split: str = "train") -> Any:
    """Open a split as memory-mapped files; the sound stays FLAC until a batch asks for it."""
    files = f"{folder}/{split}-*.parquet"
    clips = datasets.load_dataset("parquet", data_files={split: files}, split=split)
    clips = clips.select_columns(["audio", "caption", "duration"])
    return clips.cast_column("audio", datasets.Audio(decode=False))


class Vocabulary:
    """Words of captions as numbers."""

    def __init__(self, captions: list[str], size: int = 5000) -> None:
        counts = Counter(word for caption in captions for word in words(caption))
        self.words = ["", "<s>", "</s>", "<?>", *(word for word, _ in counts.most_common(size))]
        self.numbers = {word: number for number, word in enumerate(self.words)}

    def encode(self, caption: str) -> Tensor:
        """Return the numbers of a caption between those of its start and end."""
        inside = [self.numbers.get(word, UNKNOWN) for word in words(caption)]
        return torch.tensor([START, *inside, END])


def words(caption: str) -> list[str]:
    """Return the words and marks of a caption."""
    return re.findall(r"\w+|[^\w\s]", caption.lower())


class Buckets(Sampler[list[int]]):
    """Batches of clips of like length, so that little of a batch is padding; new ones each pass."""

    def __init__(self, seconds: list[float], a_batch: float, seed: int = 0) -> None:
        self.seconds, self.a_batch = seconds, a_batch
        self.random = random.Random(seed)

    def __iter__(self) -> Iterator[list[int]]:
        jitter = [length * self.random.uniform(0.95, 1.05) for length in self.seconds]
        order = sorted(range(len(jitter)), key=jitter.__getitem__)
        batches: list[list[int]] = [[]]
        for clip in order:
            longest = max(self.seconds[other] for other in [*batches[-1], clip])
            if batches[-1] and longest * (len(batches[-1]) + 1) > self.a_batch:
                batches.append([])
            batches[-1].append(clip)
        self.random.shuffle(batches)
        return iter(batches)


def features(flac: bytes) -> Tensor:
    """Return the log power spectrum of a clip: [frames, 257], 100 frames a second."""
    sound, rate = soundfile.read(io.BytesIO(flac), dtype="float32")
    if rate != RATE:
        raise ValueError(f"{rate} Hz; this example wants {RATE} Hz")
    window = torch.hann_window(512)
    spectrum = torch.stft(torch.from_numpy(sound), 512, 160, window=window, return_complex=True)
    return (spectrum.abs().square() + 1e-6).log().T


def collate(rows: list[dict[str, Any]], vocabulary: Vocabulary) -> tuple[Tensor, Tensor, Tensor]:
    """Return spectra [clips, frames, 257], their lengths in frames, captions [clips, words]."""
    spectra = [features(row["audio"]["bytes"]) for row in rows]
    captions = [vocabulary.encode(row["caption"]) for row in rows]
    lengths = torch.tensor([len(spectrum) for spectrum in spectra])
    longest, most = int(lengths.max()), max(map(len, captions))
    return (
        torch.stack([pad(one, (0, 0, 0, longest - len(one))) for one in spectra]),
        lengths,
        torch.stack([pad(one, (0, most - len(one)), value=PAD) for one in captions]),
    )


class Captioner(nn.Module):
    """The mean of convolved frames starts a recurrent writer."""

    def __init__(self, size: int, width: int = 128) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(BINS)
        self.ear = nn.Conv1d(BINS, width, kernel_size=5, padding=2)
        self.embedding = nn.Embedding(size, width, padding_idx=PAD)
        self.writer = nn.GRU(width, width, batch_first=True)
        self.word = nn.Linear(width, size)

    def forward(self, spectra: Tensor, lengths: Tensor, captions: Tensor) -> Tensor:
        """Return the scores of the next word at each place: [clips, words, vocabulary]."""
        frames = torch.relu(self.ear(self.norm(spectra).transpose(1, 2))).transpose(1, 2)
        real = torch.arange(frames.shape[1]) < lengths[:, None]
        heard = (frames * real[:, :, None]).sum(1) / lengths[:, None]
        written, _ = self.writer(self.embedding(captions), heard[None])
        return self.word(written)


def main() -> None:
    """Train, and print the loss on its way down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="exports/parquet of a dataset")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=120, help="sound a batch, with padding")
    asked = parser.parse_args()

    torch.manual_seed(0)
    clips = open_clips(asked.folder)
    vocabulary = Vocabulary(clips["caption"])
    batches = DataLoader(
        clips,
        batch_sampler=Buckets(list(clips["duration"]), asked.seconds),
        collate_fn=lambda rows: collate(rows, vocabulary),
    )
    model = Captioner(len(vocabulary.words))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    step = 0
    while step < asked.steps:
        for spectra, lengths, captions in batches:
            scores = model(spectra, lengths, captions[:, :-1])
            loss = cross_entropy(scores.flatten(0, 1), captions[:, 1:].flatten(), ignore_index=PAD)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if step % 10 == 1 or step == asked.steps:
                print(f"step {step}: {len(captions)} clips, loss {loss.item():.3f}", flush=True)
            if step == asked.steps:
                break


if __name__ == "__main__":
    main()
