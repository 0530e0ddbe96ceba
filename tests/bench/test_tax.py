"""The bare loop asks what a chain would ask, so that the two can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import tax
from fakes import FakeExpert, SecondExpert, fill

from auricle.experts.base import Gate, Heard
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.schemas.annotation import Vad


@dataclass
class Echo(SecondExpert):
    """Keeps how many things the first expert heard in each clip."""

    heard: tuple[float, ...] = ()

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Vad]:
        rows = super().annotate(clips)
        self.heard += tuple(row.peak or 0.0 for row in rows)
        return rows


class MusicOnly(FakeExpert):
    """Is behind a gate that no clip passes while its domain is not known."""

    gate: ClassVar[Gate] = "music"


def test_the_bare_loop_asks_each_expert_about_the_clips_a_chain_would(tmp_path) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [["a_0_1", "b_0_1", "c_0_1"], ["d_0_1"]])
    first, second, third = FakeExpert(), Echo(), MusicOnly()
    time = tax.bare(data, [Chain("x", (first, second)), Chain("y", (third,))], 2, loading=1.0)
    assert first.asked == ["a_0_1", "b_0_1", "c_0_1", "d_0_1"]
    assert second.heard == (1.0, 1.0, 1.0, 1.0)
    assert third.asked == []
    assert time.all == 1.0 + time.work
