"""The training Parquet opens with the `datasets` library and holds playable sound."""

import io

import pytest
import soundfile
from fakes import MADE, fill

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.export.parquet import export_parquet
from auricle.schemas.annotation import Domain
from auricle.schemas.clip import Clip
from auricle.schemas.decision import Split
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Language
from auricle.schemas.text import QA, Captions, QAPair, Text

SHARDS = [[f"r{shard}{i}_0_1" for i in range(5)] for shard in range(2)]


def text(words: str) -> Text:
    return Text(text=words, support=("E1",), confidence=0.5)


@pytest.fixture
def data(tmp_path) -> Dataset:
    data = Dataset(str(tmp_path / "set"))
    fill(data, SHARDS)
    for shard, ids in enumerate(SHARDS):
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
        languages = [Language.skipped(clip, "no_speech") for clip in ids]
        data.write("language", shard, languages, MADE)
        sides = ["benchmark" if i == 0 else "train" for i in range(5)]
        rows = [Split(clip_id=c, split=s) for c, s in zip(ids, sides, strict=True)]  # type: ignore[arg-type]
        data.write("split", shard, rows, MADE)
    for table in ("clips", "captions", "qa", "domain", "language", "split"):
        data.sign(table, Fingerprint(provenance=MADE, settings={}, needs={}))
    return data


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


def test_files_are_closed_at_their_size(data: Dataset, tmp_path) -> None:
    export_parquet(data, Config.model_validate({"export": {"file_megabytes": 0.001}}))
    files = sorted(p.name for p in (tmp_path / "set/exports/parquet").glob("train-*.parquet"))
    assert files == ["train-00000.parquet", "train-00001.parquet"]


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
