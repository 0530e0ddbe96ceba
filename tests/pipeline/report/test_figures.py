"""The figures of a dataset agree with its rows."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.report.figures import NONE, Figures, figures
from auricle.schemas.acoustics import Quality
from auricle.schemas.annotation import Domain, Scene, Tags, Vad
from auricle.schemas.clip import Clip, Recording, Signal
from auricle.schemas.decision import Split
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Diarization, Transcript


@pytest.fixture(scope="module")
def data(demo: Path) -> Dataset:
    return Dataset(str(demo))


@pytest.fixture(scope="module")
def told(data: Dataset) -> Figures:
    return figures(data)


def test_counts_clips_recordings_and_seconds(data: Dataset, told: Figures) -> None:
    clips = data.rows(Clip, 0)
    assert told.clips == len(clips)
    assert told.seconds == pytest.approx(sum(clip.duration for clip in clips))
    assert told.recordings == len(data.rows(Recording, 0))


def test_shares_by_kind_add_up_to_all_clips(data: Dataset, told: Figures) -> None:
    for kind in ("domain", "language", "licence", "split"):
        shares = told.kinds[kind].values()
        assert sum(share.clips for share in shares) == told.clips
        assert sum(share.seconds for share in shares) == pytest.approx(told.seconds)
    domains = Counter(row.code for row in data.rows(Domain, 0))
    assert {name: share.clips for name, share in told.kinds["domain"].items()} == domains
    splits = Counter(row.split or NONE for row in data.rows(Split, 0))
    assert {name: share.clips for name, share in told.kinds["split"].items()} == splits


def test_the_way_from_recordings_to_splits_never_widens_after_the_clips(told: Figures) -> None:
    assert list(told.stages)[:3] == ["recordings found", "recordings decoded", "clips"]
    late = [told.stages[name] for name in ("clips", "clips with captions", "clips that passed")]
    assert late == sorted(late, reverse=True)
    assert told.stages["train"] + told.stages["benchmark"] <= told.stages["clips that passed"]


def test_labels_are_counted_once_a_clip_where_they_are_sure(data: Dataset, told: Figures) -> None:
    tags = [row for row in data.rows(Tags, 0) if row.status == "ok"]
    sure = Counter(each.label for row in tags for each in row.labels if each.score >= 0.5)
    assert told.labels["Sounds"] == dict(sure.most_common(30))
    speakers = [row for row in data.rows(Diarization, 0) if row.status == "ok"]
    assert told.labels["Speakers in a clip"] == Counter(str(row.speakers) for row in speakers)


def test_histograms_hold_every_value_and_its_median(data: Dataset, told: Figures) -> None:
    loud = [row.loudness for row in data.rows(Signal, 0) if row.loudness is not None]
    spread = told.values["Loudness"]
    assert sum(spread.counts) == len(loud)
    assert spread.median == pytest.approx(np.sort(loud)[(len(loud) - 1) // 2], abs=0.05)
    expected = np.histogram(np.clip(loud, spread.edges[0], spread.edges[-1]), spread.edges)[0]
    assert list(spread.counts) == list(expected)
    rated = [r.overall for r in data.rows(Quality, 0) if r.status == "ok" and r.overall is not None]
    assert sum(told.values["Quality of the speech"].counts) == len(rated)


def test_scenes_are_counted_where_they_are_sure(data: Dataset, told: Figures) -> None:
    labels = [label for row in data.rows(Scene, 0) for label in row.labels]
    sure = Counter(each.label for each in labels if each.score >= 0.5)  # none without YAMNet
    assert told.labels.get("Scenes", {}) == sure


def test_words_a_second_are_those_of_the_speech(data: Dataset, told: Figures) -> None:
    rows = zip(data.rows(Transcript, 0), data.rows(Vad, 0), strict=True)
    rates = [len(row.words) / (vad.speech_seconds or 0) for row, vad in rows if row.words]
    spread = told.values["Words a second"]
    assert sum(spread.counts) == len(rates) > 5
    assert spread.median == pytest.approx(np.sort(rates)[(len(rates) - 1) // 2], abs=0.02)


def test_what_was_not_asked_for_is_not_there(told: Figures) -> None:
    assert told.calibration is None
    assert told.spent == ()
    assert "Age of the speakers" not in told.labels
    assert told.consistency == {"not_scored": told.clips}


def test_figures_are_json_with_names(told: Figures) -> None:
    again = json.loads(json.dumps(told.as_json()))
    assert again["kinds"]["split"]["train"]["clips"] == told.kinds["split"]["train"].clips
    assert again["texts"]["captions"]["clips"] == told.texts.captions.clips  # type: ignore[union-attr]
    assert again["speeds"][0]["table"] == told.speeds[0].table


def test_a_folder_without_a_dataset_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no dataset here"):
        figures(Dataset(str(tmp_path)))
