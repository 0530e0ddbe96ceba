"""A second opinion on the spoken language, by a model that is not a recogniser of words.

VoxLingua107: Valk and Alumäe, "VoxLingua107: a Dataset for Spoken Language Recognition",
arXiv 2011.12998; the network is ECAPA-TDNN, arXiv 2005.07143, in SpeechBrain's own code.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.hearing import MIN_SECONDS, speech, unheard
from auricle.experts.iso639 import alike, iso
from auricle.experts.torch_runtime import torch_device, with_torchaudio
from auricle.experts.windows import grouped
from auricle.schemas.annotation import LabelScore
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Language, LanguageOpinion

RATE = 16_000
_DILATIONS = [1, 2, 3, 4, 1]


@dataclass
class LanguageClassifier:
    """What the opinions share: the speech that is heard, and what is made of the probabilities.

    The probability of a language has to exceed `sure`, or `sure_if_short` when there are less than
    `short` seconds of speech. The thresholds are Whisper's; they were not measured on these models.
    """

    role: ClassVar[str] = "language_opinion"
    sample_rate: ClassVar[int | None] = RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "language")
    gate: ClassVar[Gate] = "speech"
    record: ClassVar[type[LanguageOpinion]] = LanguageOpinion

    model: str = ""
    device: str = "auto"
    batch: int = 16
    seconds: int = 30
    """Seconds of speech that are heard at most."""
    short: float = 2.0
    sure: float = 0.5
    sure_if_short: float = 0.85
    candidates: int = 5
    _labels: list[str] = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights of the classifier."""
        return (self.model,)

    def annotate(self, clips: Sequence[Heard]) -> list[LanguageOpinion]:
        """Return the opinion on each clip; skipped if too short, silent or without speech."""
        out, voices = [], []
        for clip in clips:
            voice = _voice(clip)
            reason = unheard(clip) or (None if len(voice) else "no_speech_spans")
            out.append(reason or ("too_short" if len(voice) < MIN_SECONDS * RATE else None))
            voices.append(voice)
        heard = [self._filled(v) for v, reason in zip(voices, out, strict=True) if not reason]
        found = iter(self._judge(heard))
        return [
            LanguageOpinion.skipped(clip.clip_id, reason)
            if reason
            else self._row(clip, next(found), len(voice) / RATE)
            for clip, voice, reason in zip(clips, voices, out, strict=True)
        ]

    def probabilities(self, voices: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each label for speech of one length, [voices, labels]."""
        raise NotImplementedError

    def _filled(self, voice: Waveform) -> Waveform:
        """Return speech of whole seconds, begun anew at its end, so that many can go together."""
        whole = min(-(-len(voice) // RATE), self.seconds)
        return np.resize(voice, whole * RATE)

    def _judge(self, voices: Sequence[Waveform]) -> list[NDArray[np.float32]]:
        found: dict[int, NDArray[np.float32]] = {}
        for some in grouped([len(voice) for voice in voices], self.batch):
            scores = self.probabilities(np.stack([voices[i] for i in some]))
            found.update(zip(some, scores, strict=True))
        return [found[i] for i in range(len(voices))]

    def _row(self, clip: Heard, scores: NDArray[np.float32], seconds: float) -> LanguageOpinion:
        order = np.argsort(-scores, kind="stable")[: self.candidates]
        # Rounded: the last bits depend on what else is in the batch.
        likely = [
            LabelScore(label=self._labels[i], score=round(float(scores[i]), 4)) for i in order
        ]
        needed = self.sure_if_short if seconds < self.short else self.sure
        language = likely[0].label if likely[0].score > needed else None
        return LanguageOpinion(
            clip_id=clip.clip_id,
            language=language,
            probability=likely[0].score,
            candidates=tuple(likely),
            agrees=self._agrees(clip, language),
        )

    def _agrees(self, clip: Heard, language: str | None) -> bool | None:
        first = clip.get(Language)
        if language is None or first is None or first.language is None:
            return None
        if alike(first.language) not in {alike(label) for label in self._labels}:
            return None  # it could not have said so
        return alike(first.language) == alike(language)


@dataclass
class VoxlinguaOpinion(LanguageClassifier):
    """ECAPA-TDNN trained on VoxLingua107: 107 languages, most of South-East Asia's among them."""

    backend: ClassVar[str] = "voxlingua"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("speechbrain", "torch", "torchaudio")
    memory: ClassVar[float] = 1.2
    gpu_memory: ClassVar[float] = 1.0

    model: str = "voxlingua107-ecapa"
    _network: Any = field(init=False, repr=False, compare=False)
    _device: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Build the network from the sizes of its tensors; nothing of the model is executed.

        Raises:
            UserError: the files are not those of such a network.
        """
        with_torchaudio()
        import torch
        from speechbrain.lobes.features import Fbank

        folder = models.find(self.model)
        self._labels = _read_labels(folder / "label_encoder.txt")
        self._device = torch_device(self.device)
        parts = {
            name: torch.load(folder / f"{name}.ckpt", map_location="cpu", weights_only=True)
            for name in ("embedding_model", "classifier")
        }
        ecapa, classifier = _build(parts["embedding_model"], parts["classifier"])
        if classifier.out.w.out_features != len(self._labels):
            raise UserError(f"{folder}: label_encoder.txt has {len(self._labels)} labels, not "
                            f"{classifier.out.w.out_features}")  # fmt: skip
        features = Fbank(
            n_mels=ecapa.blocks[0].conv.conv.in_channels, left_frames=0, right_frames=0
        )
        self._network = torch.nn.ModuleList([features, ecapa, classifier]).to(self._device).eval()

    def probabilities(self, voices: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each label for speech of one length, [voices, labels]."""
        import torch

        features, ecapa, classifier = self._network
        with torch.inference_mode():
            mel = features(torch.from_numpy(voices).to(self._device))
            mel = mel - mel.mean(dim=1, keepdim=True)
            scores = classifier(ecapa(mel))[:, 0].exp()
        return np.asarray(scores.float().cpu().numpy(), np.float32)


def _voice(clip: Heard) -> Waveform:
    """Return the speech of a clip, one stretch after the other."""
    stretches = [
        clip.waveform[round(span.start * RATE) : round(span.end * RATE)] for span in speech(clip)
    ]
    return np.concatenate(stretches) if stretches else np.zeros(0, np.float32)


def _read_labels(path: Path) -> list[str]:
    """Return the languages of SpeechBrain's label file, in the order of the network's outputs.

    A line reads `'th: Thai' => 93`; what follows a line of equals signs is not a label.
    """
    labels: dict[int, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("==="):
            break
        label, _, index = line.rpartition(" => ")
        labels[int(index)] = iso(str(ast.literal_eval(label)).partition(":")[0].strip())
    return [labels[i] for i in range(len(labels))]


def _build(ecapa: dict[str, Any], classifier: dict[str, Any]) -> tuple[Any, Any]:
    """Return SpeechBrain's ECAPA-TDNN and its classifier with these tensors."""
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
    from speechbrain.lobes.models.Xvector import Classifier

    first, last = ecapa["blocks.0.conv.conv.weight"], ecapa["mfa.conv.conv.weight"]
    middle = [ecapa[f"blocks.{i}.tdnn1.conv.conv.weight"] for i in (1, 2, 3)]
    inner = ecapa["blocks.1.res2net_block.blocks.0.conv.conv.weight"]
    network = ECAPA_TDNN(
        input_size=first.shape[1],
        channels=[first.shape[0], *(one.shape[0] for one in middle), last.shape[0]],
        kernel_sizes=[first.shape[2], *[inner.shape[2]] * 3, last.shape[2]],
        dilations=_DILATIONS,
        attention_channels=ecapa["asp.tdnn.conv.conv.weight"].shape[0],
        res2net_scale=middle[0].shape[0] // inner.shape[0],
        se_channels=ecapa["blocks.1.se_block.conv1.conv.weight"].shape[0],
        lin_neurons=ecapa["fc.conv.weight"].shape[0],
    )
    network.load_state_dict(ecapa)
    hidden = classifier["DNN.block_0.linear.w.weight"]
    head = Classifier(
        input_shape=[None, None, hidden.shape[1]],
        lin_blocks=1,
        lin_neurons=hidden.shape[0],
        out_neurons=classifier["out.w.weight"].shape[0],
    )
    head.load_state_dict(classifier)
    return network, head
