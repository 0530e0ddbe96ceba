"""The training Parquet opens with the `datasets` library and holds playable sound."""

import io

import numpy as np
import pytest
import soundfile
from fakes import MADE, fill

from auricle.experts.sound import encode_flac
from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.export.exports import export_all
from auricle.schemas.annotation import Domain
from auricle.schemas.clip import Clip
from auricle.schemas.decision import Against, Split, Verdict
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Language
from auricle.schemas.text import QA, Captions, QAPair, Text


def export_parquet(data: Dataset, config: Config) -> dict[str, int]:
    counts = export_all(data, config, ["parquet"])["parquet"]
    return {split: count.clips for split, count in counts.items()}


SHARDS = [[f"r{shard}{i}_0_1" for i in range(5)] for shard in range(2)]


def text(words: str) -> Text:
    return Text(text=words, support=("E1",), confidence=0.5)


@pytest.fixture
def data(tmp_path) -> Dataset:
    data = Dataset(str(tmp_path / "set"))
    fill(data, SHARDS)
    for shard, ids in enumerate(SHARDS):
        written(data, shard, ids)
        sides = ["benchmark" if i == 0 else "train" for i in range(5)]
        rows = [Split(clip_id=c, split=s) for c, s in zip(ids, sides, strict=True)]  # type: ignore[arg-type]
        data.write("split", shard, rows, MADE)
    return data


def written(data: Dataset, shard: int, ids: list[str]) -> None:
    """Write texts of the clips of a shard, with an error in place of the second's captions."""
    pair = QAPair(
        qa_id="q",
        category="direct_perception",
        difficulty="basic",
        question="What sounds?",
        answer="A tone.",
        support=("E1",),
        confidence=0.5,
    )
    captions = [
        Captions(clip_id=clip, short=(text("A tone."),), long=(text(f"A tone, {clip}."),) * 3)
        for clip in ids
    ]
    captions[1] = Captions.failed(ids[1], "expert_failed", "no words")
    data.write("captions", shard, captions, MADE)
    data.write("qa", shard, [QA(clip_id=clip, pairs=(pair,)) for clip in ids], MADE)
    data.write("domain", shard, [Domain(clip_id=clip, code="0M0") for clip in ids], MADE)
    data.write("language", shard, [Language.skipped(clip, "no_speech") for clip in ids], MADE)
    for table in ("clips", "captions", "qa", "domain", "language", "split"):
        data.sign(table, Fingerprint(provenance=MADE, settings={}, needs={}))


def test_the_datasets_library_opens_it_with_playable_sound(data: Dataset, tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    assert export_parquet(data, Config()) == {"train": 6, "benchmark": 2}
    opened = datasets.load_dataset(
        str(tmp_path / "set" / "exports" / "parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert {split: rows.num_rows for split, rows in opened.items()} == {"train": 6, "benchmark": 2}
    train = opened["train"]
    assert isinstance(train.features["audio"], datasets.Audio)
    row = train.cast_column("audio", datasets.Audio(decode=False))[0]
    sound, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
    assert (len(sound), rate) == (16_000, 16_000)
    assert row["caption"] == "A tone, r02_0_1."
    assert row["short"] == ["A tone."]
    assert row["speech"] is None
    assert row["qa"][0]["answer"] == "A tone."


def test_load_dataset_parquet_opens_the_files_by_name(data: Dataset, tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    export_parquet(data, Config())
    files = str(tmp_path / "set" / "exports" / "parquet" / "train-*.parquet")
    opened = datasets.load_dataset(
        "parquet", data_files={"train": files}, cache_dir=str(tmp_path / "cache")
    )
    assert opened["train"].num_rows == 6


def test_clips_without_captions_stay_out_and_all_others_are_in_once(
    data: Dataset, tmp_path
) -> None:
    export_parquet(data, Config())
    import pyarrow.parquet as pq

    ids = []
    for file in (tmp_path / "set" / "exports" / "parquet").glob("*.parquet"):
        ids += pq.read_table(file)["clip_id"].to_pylist()
    expected = {clip for shard in SHARDS for clip in (shard[0], *shard[2:])}
    assert len(ids) == len(set(ids))
    assert set(ids) == expected


def test_the_sound_is_the_clips_sound(data: Dataset, tmp_path) -> None:
    import pyarrow.parquet as pq

    export_parquet(data, Config())
    clips = {clip.clip_id: clip.audio for clip in data.rows(Clip, 0)}
    table = pq.read_table(tmp_path / "set" / "exports" / "parquet" / "benchmark-00000.parquet")
    row = table.to_pylist()[0]
    assert row["audio"]["bytes"] == clips[row["clip_id"]]


def test_files_are_even_and_within_a_fifth_of_the_size_asked_for(tmp_path) -> None:
    data = Dataset(str(tmp_path / "many"))
    dice = np.random.default_rng(1)
    ids = [f"n{i}_0_1" for i in range(400)]
    fill(data, [ids])
    clips = [
        clip.model_copy(
            update={"audio": encode_flac(dice.uniform(-1, 1, 8000).astype(np.float32), 16_000)}
        )
        for clip in data.rows(Clip, 0)
    ]
    data.write("clips", 0, clips, MADE)
    written(data, 0, ids)
    fine = [Captions(clip_id=clip, long=(text("Noise."),)) for clip in ids]
    data.write("captions", 0, fine, MADE)
    data.write("split", 0, [Split(clip_id=clip, split="train") for clip in ids], MADE)
    config = Config.model_validate({"export": {"file_megabytes": 1.0}})
    assert export_parquet(data, config)["train"] == 400
    sizes = [file.stat().st_size for file in tmp_path.glob("many/exports/parquet/*.parquet")]
    assert len(sizes) > 4
    assert all(0.8e6 < size < 1.2e6 for size in sizes)


def test_an_export_that_is_up_to_date_is_left_as_it_is(data: Dataset, tmp_path) -> None:
    export_parquet(data, Config())
    file = tmp_path / "set" / "exports" / "parquet" / "train-00000.parquet"
    before = file.stat().st_mtime_ns
    export_parquet(data, Config())
    assert file.stat().st_mtime_ns == before


def test_a_dataset_that_is_not_finished_is_refused(data: Dataset) -> None:
    data.forget_shard("captions", 1)
    with pytest.raises(UserError, match="captions not finished"):
        export_parquet(data, Config())


def test_texts_that_are_out_stay_out_and_scores_come_along(data: Dataset, tmp_path) -> None:
    import pyarrow.parquet as pq

    ids = SHARDS[0]
    gone = [
        Against(rule="checks", reason="length", where="short/0"),
        Against(rule="checks", reason="quote", where="long/1"),
        Against(rule="judge", reason="answered_unheard", where="q"),
    ]
    verdicts = [Verdict(clip_id=clip, passed=True, margin=0.2, support=0.5) for clip in ids]
    verdicts[2] = verdicts[2].model_copy(update={"texts_out": tuple(gone), "license": "CC0-1.0"})
    data.write("verdict", 0, verdicts, MADE)
    data.write("verdict", 1, [Verdict(clip_id=clip, passed=True) for clip in SHARDS[1]], MADE)
    export_parquet(data, Config())
    table = pq.read_table(tmp_path / "set" / "exports" / "parquet" / "train-00000.parquet")
    rows = {row["clip_id"]: row for row in table.to_pylist()}
    assert rows[ids[2]]["short"] is None
    assert len(rows[ids[2]]["long"]) == 2
    assert rows[ids[2]]["qa"] == []
    assert rows[ids[2]]["license"] == "CC0-1.0"
    assert (rows[ids[3]]["consistency"], rows[ids[3]]["support"]) == (0.2, 0.5)
    assert (len(rows[ids[3]]["long"]), len(rows[ids[3]]["qa"])) == (3, 1)


def test_a_changed_split_is_exported_anew(data: Dataset) -> None:
    assert export_parquet(data, Config()) == {"train": 6, "benchmark": 2}
    rows = [Split(clip_id=clip, split="train") for clip in SHARDS[0]]
    data.write("split", 0, rows, MADE)
    assert export_parquet(data, Config()) == {"train": 7, "benchmark": 1}


def test_an_unknown_format_is_refused_with_those_there_are(data: Dataset) -> None:
    with pytest.raises(UserError, match="there are parquet, webdataset"):
        export_all(data, Config(), ["parket"])


def test_the_card_says_what_is_in_it_and_that_nothing_was_scored(data: Dataset, tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    export_parquet(data, Config())
    folder = tmp_path / "set" / "exports" / "parquet"
    said = (folder / "README.md").read_text()
    assert "| train | 6 | 0.00 | 6 | 0 |" in said
    assert "Consistency not scored" in said
    assert "Domains: 0M0 8" in said
    cache = str(tmp_path / "cache")
    info = datasets.load_dataset_builder(str(folder), cache_dir=cache).info
    assert {name: split.num_examples for name, split in info.splits.items()} == {
        "train": 6,
        "benchmark": 2,
    }
    opened = datasets.load_dataset(str(folder), cache_dir=cache, split="train")
    assert opened.features == info.features
