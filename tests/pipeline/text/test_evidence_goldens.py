"""The evidence of real clips of every domain, word by word as it was read and found true."""

import runpy
from collections import Counter
from pathlib import Path

import pytest
from real_clips import GOLDENS, UNTRUE, real_clips, real_evidence

from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.foreign import clean

CLIPS = real_clips()
CODES = ("000", "00A", "0M0", "0MA", "S00", "S0A", "SM0", "SMA")


@pytest.mark.parametrize("clip_id", CLIPS)
def test_the_evidence_of_a_real_clip_is_the_golden_one(clip_id: str) -> None:
    assert render(gather(CLIPS[clip_id])) == real_evidence(clip_id)


def test_every_domain_has_real_clips_and_the_experts_find_the_domain_that_is_meant() -> None:
    assert {clip_id: said.code for clip_id, said in CLIPS.items()} == {
        clip_id: clip_id.split("-")[0] for clip_id in CLIPS
    }
    count = Counter(said.code for said in CLIPS.values())
    assert all(count[code] >= 3 for code in CODES)


def test_the_clips_stored_are_those_that_the_script_makes() -> None:
    made = runpy.run_path(str(Path(__file__).with_name("make_goldens.py")))
    assert set(CLIPS) == {*made["PLAIN"], *made["MIXES"]}
    assert {path.stem for path in GOLDENS.glob("*.txt")} == set(CLIPS)


def test_goldens_stay_small_and_hold_rows_alone() -> None:
    assert sum(path.stat().st_size for path in GOLDENS.iterdir()) < 300_000
    for path in GOLDENS.glob("*.json"):
        stored = path.read_text("utf-8")
        assert '"vector"' not in stored and '"audio"' not in stored


def test_what_is_known_to_be_untrue_is_still_told() -> None:
    """A line that is no longer told has been put right: take it off the list."""
    for clip_id, lines in UNTRUE.items():
        evidence = real_evidence(clip_id)
        assert [line for line in lines if line not in evidence] == []


def test_real_titles_and_words_are_told_as_they_are() -> None:
    for said in CLIPS.values():
        words = said.transcript.text if said.transcript else None
        assert words is None or clean(words) == words.strip()
    title = CLIPS["S00-russian"].recording
    assert title is not None and f'"{title.title}"' in real_evidence("S00-russian")
