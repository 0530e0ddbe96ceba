"""Clusters hold what was planted, whatever the order, and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from duplicates import COPIES, read

from auricle.pipeline.judge.clusters import components, find
from auricle.pipeline.judge.fingerprint import landmarks, sample_hash
from auricle.pipeline.judge.text_hash import bands

RATE = 16_000
KINDS = {kind: copy for kind, copy in COPIES.items() if kind != "noise at 20 dB"}


def clusters(folder: Path, clips: list[tuple[str, Any, str]], files: int = 1) -> dict[str, Any]:
    """Return the clusters of sounds with captions, by clip."""
    rows = []
    for clip, sound, caption in clips:
        hashes, frames = landmarks(sound, RATE)
        rows.append(
            {
                "clip_id": clip,
                "sha256": sample_hash(sound, RATE),
                "hashes": hashes.tolist(),
                "times": frames.tolist(),
                "bands": bands(caption),
            }
        )
    schema = pa.schema(
        {
            "clip_id": pa.string(),
            "sha256": pa.string(),
            "hashes": pa.list_(pa.int64()),
            "times": pa.list_(pa.int64()),
            "bands": pa.list_(pa.int64()),
        }
    )
    folder.mkdir(exist_ok=True, parents=True)
    paths = []
    for part in range(files):
        paths.append(str(folder / f"prints-{part}.parquet"))
        own = rows[part * len(rows) // files : (part + 1) * len(rows) // files]
        pq.write_table(pa.Table.from_pylist(own, schema), paths[-1])
    return {row["clip_id"]: row for row in find(paths, str(folder)).to_pylist()}


@pytest.fixture(scope="module")
def sounds(samples: Path) -> dict[str, Any]:
    return dict(read(samples, 20))


@pytest.fixture(scope="module")
def planted(sounds: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Every sound, and a copy of every kind of the first ones, in turn.

    Noise at 20 dB hides one in six (docs/duplicates.md) and is left out.
    """
    clips = [(name, sound, f"Caption of {name}, and no other.") for name, sound in sounds.items()]
    for (name, sound, _), (kind, copy) in zip(clips[: len(KINDS)], KINDS.items(), strict=False):
        clips.append((f"{name} {kind}", copy(sound), f"Words on {kind}."))
    return clips


def test_planted_copies_are_found_and_different_clips_never(tmp_path, planted, sounds) -> None:
    clips = planted
    found = clusters(tmp_path, clips)
    for name, _, _ in clips[len(sounds) :]:
        original = next(each for each in sounds if name.startswith(each))
        assert found[name]["near"] == found[original]["near"] == original
    copied = {next(each for each in sounds if name.startswith(each))
              for name, _, _ in clips[len(sounds) :]}  # fmt: skip
    for name in set(sounds) - copied:
        assert found[name]["near"] is None


def test_rows_keep_their_order_and_files_make_no_difference(tmp_path, planted, sounds) -> None:
    clips = planted
    one = clusters(tmp_path / "one", clips)
    several = clusters(tmp_path / "several", clips, files=4)
    assert list(one) == [clip for clip, _, _ in clips]
    assert one == several


def test_the_order_of_clips_changes_nothing_but_the_names(tmp_path, planted, sounds) -> None:
    clips = planted
    forth = clusters(tmp_path / "forth", clips)
    back = clusters(tmp_path / "back", clips[::-1])

    def groups(found: dict[str, Any]) -> set[frozenset[str]]:
        names = {row["near"] for row in found.values()} - {None}
        return {
            frozenset(clip for clip, row in found.items() if row["near"] == name) for name in names
        }

    assert groups(forth) == groups(back)
    assert all(row["near"] is None or forth[row["near"]]["near"] == row["near"]
               for row in forth.values())  # fmt: skip


def test_equal_samples_are_exact_and_near(tmp_path, sounds) -> None:
    (name, sound), *others = sounds.items()
    clips = [("first", sound, "a"), ("other", others[0][1], "b"), ("again", sound.copy(), "c")]
    found = clusters(tmp_path, clips)
    assert (found["again"]["exact"], found["again"]["near"]) == ("first", "first")
    assert (found["first"]["exact"], found["other"]["exact"]) == ("first", None)


def test_silence_is_equal_to_silence_of_its_length_and_near_to_nothing(tmp_path) -> None:
    silence = np.zeros(3 * RATE, np.float32)
    clips = [("a", silence, "x"), ("b", silence, "y"), ("c", silence[: 2 * RATE], "z")]
    found = clusters(tmp_path, clips)
    assert found["a"]["exact"] == found["b"]["exact"] == "a"
    assert (found["c"]["exact"], found["c"]["near"]) == (None, None)


def test_like_captions_are_a_cluster_of_their_own(tmp_path, sounds) -> None:
    (_, one), (_, two), (_, three), *_ = sounds.items()
    caption = "A man speaks calmly in English while soft piano music plays in a quiet room."
    clips = [("a", one, caption), ("b", two, caption), ("c", three, "Rain falls on a tin roof.")]
    found = clusters(tmp_path, clips)
    assert [found[clip]["text"] for clip in "abc"] == ["a", "a", None]
    assert [found[clip]["near"] for clip in "abc"] == [None, None, None]


def test_a_caption_with_one_word_changed_is_alike_and_one_with_half_changed_is_not(
    tmp_path, sounds
) -> None:
    (_, one), (_, two), (_, three), *_ = sounds.items()
    caption = (
        "A man speaks calmly in English while soft piano music plays in a quiet room, and far away "
        "a dog barks twice before a door closes with a dull thud and steps fade down the stairs."
    )
    near = caption.replace("barks", "yelps")
    far = "Nearby children shout and laugh before " + caption[: len(caption) // 2]
    found = clusters(tmp_path, [("a", one, caption), ("b", two, near), ("c", three, far)])
    assert [found[clip]["text"] for clip in "abc"] == ["a", "a", None]


def test_marks_that_agree_at_one_moment_alone_are_no_evidence(tmp_path) -> None:
    dice = np.random.default_rng(0)
    marks = dice.integers(0, 2**32, (3, 100), dtype=np.uint32).astype(np.int64)
    marks[1, :10] = marks[0, :10]
    marks[2, 50:60] = marks[0, 50:60]
    times = np.tile(np.arange(100), (3, 1))
    times[:2, :10] = 40
    rows = {
        "clip_id": ["a", "click", "copy"],
        "sha256": ["a", "b", "c"],
        "hashes": marks.tolist(),
        "times": times.tolist(),
        "bands": pa.array([[]] * 3, pa.list_(pa.int64())),
    }
    pq.write_table(pa.table(rows), tmp_path / "prints.parquet")
    found = find([str(tmp_path / "prints.parquet")], str(tmp_path))
    assert found["near"].to_pylist() == ["a", None, "a"]


def test_a_landmark_that_everybody_has_leads_nowhere(tmp_path) -> None:
    dice = np.random.default_rng(0)
    rows = {
        "clip_id": [f"c{i}" for i in range(300)],
        "sha256": [f"s{i}" for i in range(300)],
        "hashes": [[*range(20), *dice.integers(100, 2**32, 100).tolist()] for _ in range(300)],
        "times": [list(range(120)) for _ in range(300)],
        "bands": pa.array([[] for _ in range(300)], pa.list_(pa.int64())),
    }
    pq.write_table(pa.table(rows), tmp_path / "prints.parquet")
    found = find([str(tmp_path / "prints.parquet")], str(tmp_path))
    assert found["near"].null_count == 300


def test_components_are_named_by_their_first_member() -> None:
    pairs = np.array([[5, 3], [3, 1], [4, 2]])
    assert components(7, pairs).tolist() == [-1, 1, 2, 1, 2, 1, -1]
