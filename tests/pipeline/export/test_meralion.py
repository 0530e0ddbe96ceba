"""MERaLiON's rows: CTC Parquet and vocabulary as fine-tuning wants them, and conversations."""

import json
from pathlib import Path
from typing import Any

import exports
import pytest

from auricle.pipeline.export import meralion
from auricle.pipeline.export.flac import safe_name
from auricle.pipeline.export.mdl import turns

FOLDER = Path("exports/meralion")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("meralion")
    exports.write(meralion, root)
    return root


def ctc(root: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    return datasets.load_dataset(
        "parquet",
        data_files={
            split: str(root / FOLDER / "ctc" / f"{split}-*.parquet")
            for split in ("train", "benchmark")
        },
        cache_dir=str(root / "cache"),
    )


def test_the_parquet_has_audio_at_16_khz_and_text_and_nothing_else(root: Path) -> None:
    datasets = pytest.importorskip("datasets")
    opened = ctc(root)
    assert {split: rows.num_rows for split, rows in opened.items()} == {"train": 2, "benchmark": 2}
    assert opened["train"].features == {
        "audio": datasets.Audio(sampling_rate=16_000),
        "text": datasets.Value("string"),
    }


def test_its_sound_decodes_to_the_same_samples(root: Path) -> None:
    given = [row for row in exports.rows_of(exports.splits()["train"]) if row["transcript"]]
    datasets = pytest.importorskip("datasets")
    opened = ctc(root)["train"].cast_column("audio", datasets.Audio(decode=False))
    for row, was in zip(opened, given, strict=True):
        assert exports.same(row["audio"]["bytes"], was["audio"]["bytes"])
        assert row["audio"]["path"] == f"{safe_name(was['clip_id'])}.flac"


def test_text_is_lower_case_on_one_line_without_the_word_sign(root: Path) -> None:
    text = ctc(root)["train"]["text"][0]
    assert text == (
        'здравствуйте áé ein mann sagt: "grüß gott, wie geht\'s?", καλημέρα — สวัสดี, 你好 🎺 na; a,b'
    )


def test_the_vocabulary_spells_every_text_in_transformers_own_tokenizer(root: Path) -> None:
    transformers = pytest.importorskip("transformers")
    path = root / FOLDER / "ctc" / "vocab.json"
    ids = json.loads(path.read_text("utf-8"))
    assert sorted(ids.values()) == list(range(len(ids)))
    assert {"|", "[UNK]", "[PAD]"} < ids.keys()
    assert " " not in ids
    tokenizer = transformers.Wav2Vec2CTCTokenizer(
        str(path), unk_token="[UNK]", pad_token="[PAD]", word_delimiter_token="|"
    )
    for rows in ctc(root).values():
        for text in rows["text"]:
            spelt = tokenizer(text).input_ids
            assert ids["[UNK]"] not in spelt
            assert tokenizer.decode(spelt, group_tokens=False) == text


def test_a_conversation_has_the_chat_prompt_and_leads_to_its_sound(root: Path) -> None:
    path = root / FOLDER / "instruct" / "train.jsonl"
    lines = [json.loads(line) for line in path.open(encoding="utf-8", newline="\n")]
    clips = exports.rows_of(exports.splits()["train"])
    given = [(clip, ask, answer) for clip in clips for ask, answer in turns(clip)]
    for line, (clip, ask, answer) in zip(lines, given, strict=True):
        user, assistant = line["conversation"]
        assert user["role"] == "user"
        assert user["content"] == (
            "Answer in as many details as possible, including paralinguistic.\n"
            f"Instruction: {ask} \n"
            "Follow the text instruction based on the following audio: <SpeechHere>"
        )
        assert assistant == {"role": "assistant", "content": answer}
        assert exports.same(path.parent / line["audio"], clip["audio"]["bytes"])


def test_parquet_files_are_closed_at_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meralion, "BYTES", 1)
    monkeypatch.setattr(meralion, "_ROW_GROUP", 1)
    assert exports.write(meralion, tmp_path)["train"] == (8, 76, 16.0)
    assert sorted(p.name for p in (tmp_path / FOLDER / "ctc").glob("train-*")) == [
        "train-00000.parquet",
        "train-00001.parquet",
    ]
    assert ctc(tmp_path)["train"].num_rows == 2
