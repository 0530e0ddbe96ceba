"""A second opinion on the language from MMS, which knows 126 to 4017 languages.

Pratap et al., "Scaling Speech Technology to 1,000+ Languages", arXiv 2305.13516. The weights are
licensed CC BY-NC 4.0, so no profile has it.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models
from auricle.experts.iso639 import iso
from auricle.experts.language_opinion import RATE, LanguageClassifier
from auricle.experts.torch_runtime import torch_device, torch_dtype, with_torchaudio


@dataclass
class MmsOpinion(LanguageClassifier):
    """Wav2Vec 2 with a head over languages, through transformers."""

    backend: ClassVar[str] = "mms-lid"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("transformers", "torch")
    memory: ClassVar[float] = 6.0
    gpu_memory: ClassVar[float] = 6.0

    model: str = "mms-lid-256"
    batch: int = 8
    _extractor: Any = field(init=False, repr=False, compare=False)
    _network: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Read the weights."""
        with_torchaudio()
        from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

        folder = str(models.find(self.model))
        device = torch_device(self.device)
        extractor: Any = AutoFeatureExtractor  # its own types are incomplete
        self._extractor = extractor.from_pretrained(folder)
        self._network = AutoModelForAudioClassification.from_pretrained(
            folder, dtype=torch_dtype(device)
        )
        self._network.to(device).eval()
        names = self._network.config.id2label
        self._labels = [iso(names[i].partition("-")[0]) for i in range(len(names))]

    def probabilities(self, voices: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each label for speech of one length, [voices, labels]."""
        import torch

        inputs = self._extractor(list(voices), sampling_rate=RATE, return_tensors="pt")
        values = inputs.input_values.to(self._network.device, self._network.dtype)
        with torch.inference_mode():
            scores = self._network(values).logits.float().softmax(-1)
        return np.asarray(scores.cpu().numpy(), np.float32)
