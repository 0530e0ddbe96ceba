"""Scores hold every text beside the sound and beside texts of other clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from fakes import MADE, fill, tone

from auricle.experts.base import Waveform
from auricle.experts.sound import encode_flac
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.score import Score, draw
from auricle.pipeline.judge.texts import Placed
from auricle.schemas.annotation import Domain, LabelScore, Tags
from auricle.schemas.clip import Clip
from auricle.schemas.decision import Consistency
from auricle.schemas.errors import UserError
from auricle.schemas.text import QA, Captions, QAPair, Text


class LevelScorer:
    """Hears how loud a sound is and reads the number in a text; near where they agree."""

    backend: ClassVar[str] = "level"
    sample_rate: ClassVar[int] = 16_000
    code_licence: ClassVar[str] = "Apache-2.0"
    models: ClassVar[tuple[str, ...]] = ()

    def load(self) -> None:
        """Nothing to load."""

    def audio(self, waveforms: Sequence[Waveform]) -> Any:
        return np.stack([self._at(float(np.abs(sound).max())) for sound in waveforms])

    def text(self, texts: Sequence[str]) -> Any:
        return np.stack([self._at(float(text.split()[-1].strip(".")) / 100) for text in texts])

    def _at(self, level: float) -> Any:
        return np.array([np.cos(level * 3), np.sin(level * 3)], np.float32)


@dataclass
class LevelScore(Score):
    """Scores by level."""

    def made(self) -> Any:
        return LevelScorer()


IDS = [f"r{i}_0_1" for i in range(12)]
LEVELS = [(i + 1) / 13 for i in range(12)]


def text(words: str) -> Text:
    return Text(text=words, support=("E1",), confidence=0.5)


def pair(clip: str, level: float) -> QAPair:
    return QAPair(
        qa_id=f"{clip}_00000000",
        category="direct_perception",
        difficulty="basic",
        question="How loud?",
        answer=f"It is {100 * level:.0f}",
        support=("E1",),
        confidence=0.5,
    )


@pytest.fixture
def data(tmp_path) -> Dataset:
    data = Dataset(str(tmp_path / "set"))
    fill(data, [IDS])
    clips = [
        row.model_copy(update={"audio": encode_flac(tone(level=level), 16_000)})
        for row, level in zip(data.rows(Clip, 0), LEVELS, strict=True)
    ]
    captions = [
        Captions(
            clip_id=clip,
            short=(text(f"A tone of {100 * level:.0f}"),),
            long=(text(f"A tone sounds at {100 * level:.0f}."),),
        )
        for clip, level in zip(IDS, LEVELS, strict=True)
    ]
    qa = [QA(clip_id=c, pairs=(pair(c, level),)) for c, level in zip(IDS, LEVELS, strict=True)]
    clips[3] = clips[3].model_copy(update={"audio": b"no flac"})
    captions[5] = Captions.skipped(IDS[5], "no_domain")
    qa[5] = QA.skipped(IDS[5], "no_domain")
    data.write("clips", 0, clips, MADE)
    data.write("captions", 0, captions, MADE)
    data.write("qa", 0, qa, MADE)
    data.write("domain", 0, [Domain(clip_id=clip, code="0M0") for clip in IDS], MADE)
    label = LabelScore(label="99", score=0.9)
    data.write("tags", 0, [Tags(clip_id=clip, labels=(label,)) for clip in IDS], MADE)
    return data


def scored(data: Dataset, **settings: Any) -> list[Consistency]:
    told = {"controls": 5, "seed": 0, "tagged": True, **settings}
    work = LevelScore("level", {}, **told)
    work.load()
    work.run(data, 0, lambda done: None)
    return data.rows(Consistency, 0)


def test_every_text_of_every_clip_has_a_score_and_every_clip_a_row(data: Dataset) -> None:
    rows = scored(data)
    assert [row.clip_id for row in rows] == IDS
    fine = [row for row in rows if row.status == "ok"]
    assert len(fine) == 10
    for row in fine:
        assert [each.where for each in row.texts] == [
            "short/0",
            "long/0",
            f"{row.clip_id}_00000000",
        ]


def test_what_cannot_be_scored_says_why(data: Dataset) -> None:
    rows = scored(data)
    assert (rows[3].status, rows[3].reason) == ("error", "undecodable_clip")
    assert (rows[5].status, rows[5].reason) == ("skipped", "no_texts")


def test_a_text_that_fits_is_nearer_than_its_controls(data: Dataset) -> None:
    for row in scored(data):
        for each in row.texts:
            assert each.similarity > 0.99
            assert len(each.controls) == 5
            assert each.rank == 1 + sum(c >= each.similarity for c in each.controls)
            assert each.margin == pytest.approx(each.similarity - sum(each.controls) / 5, abs=1e-9)
            assert each.margin > 0


def test_the_label_is_scored_as_well(data: Dataset) -> None:
    rows = scored(data)
    angle = 3 * (LEVELS[0] - 0.99)
    assert rows[0].label == pytest.approx(np.cos(angle), abs=1e-3)


def test_the_same_seed_draws_the_same_controls(data: Dataset) -> None:
    assert scored(data) == scored(data)
    assert scored(data) != scored(data, seed=1)


def test_texts_of_other_clips_are_refused(data: Dataset) -> None:
    captions = data.rows(Captions, 0)
    data.write("captions", 0, [captions[1], captions[0], *captions[2:]], MADE)
    with pytest.raises(UserError, match="other clips"):
        scored(data)


def placed(kind: str, words: str) -> Placed:
    return Placed(f"{kind}/0", kind, words)


def test_controls_are_of_the_same_kind_and_domain_and_never_the_clips_own() -> None:
    ids = [str(i) for i in range(40)]
    codes = ["S00" if i % 2 else "0M0" for i in range(40)]
    texts = [[placed("long", f"long {i}"), placed("short", f"short {i}")] for i in range(40)]
    for index, drawn in enumerate(draw(ids, codes, texts, 8, 0)):
        for own, against in zip(texts[index], drawn, strict=True):
            assert len(against) == len(set(against)) == 8
            for words in against:
                kind, number = words.split()
                assert kind == own.kind
                assert int(number) % 2 == index % 2
                assert int(number) != index


def test_where_a_domain_has_too_few_clips_all_of_the_shard_are_drawn_from() -> None:
    ids = [str(i) for i in range(20)]
    codes = ["000", *["S00"] * 19]
    texts = [[placed("long", f"long {i}")] for i in range(20)]
    assert len(draw(ids, codes, texts, 8, 0)[0][0]) == 8


def test_a_text_that_another_clip_has_word_for_word_is_no_control() -> None:
    ids = [str(i) for i in range(20)]
    texts = [[placed("long", "the same" if i < 10 else f"long {i}")] for i in range(20)]
    for drawn in draw(ids, ["S00"] * 20, texts, 5, 0)[:10]:
        assert "the same" not in drawn[0]


def test_a_clip_alone_has_no_controls() -> None:
    assert draw(["a"], ["S00"], [[placed("long", "x")]], 5, 0) == [[[]]]
