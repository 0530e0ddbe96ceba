"""The Ray engine does the same work as the local one, and survives the death of a worker."""

import pytest
from fakes import FakeExpert, FatalExpert, Log, MortalChain, SecondExpert, UnloadableExpert, fill

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.ray_pool import run_ray
from auricle.pipeline.stage_settings import EngineSettings
from auricle.schemas.annotation import Events, Vad
from auricle.schemas.errors import UserError

SHARDS = [[f"r{shard}{i}_0_1" for i in range(4)] for shard in range(3)]


class Ended(Log):
    """Writes down which stages end a shard, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[str] = []

    def shard(self, stage: str) -> None:
        self.ended.append(stage)


def stages(expert: FakeExpert | None = None) -> list:
    return [Chain("hear", (expert or FakeExpert(),)), Chain("second", (SecondExpert(),))]


def test_both_engines_write_the_same_rows(tmp_path, cluster) -> None:
    here, there = Dataset(str(tmp_path / "local")), Dataset(str(tmp_path / "ray"))
    fill(here, SHARDS)
    fill(there, SHARDS)
    local, ray = Log(), Log()
    run_local(here, stages(), local)
    run_ray(there, stages(), ray, cluster)
    for shard in range(3):
        assert here.rows(Events, shard) == there.rows(Events, shard)
        assert here.rows(Vad, shard) == there.rows(Vad, shard)
    assert local.clips == ray.clips == {"hear": 12, "second": 12}


def test_shards_that_are_done_are_left_as_they_are(tmp_path, cluster) -> None:
    data = Dataset(str(tmp_path))
    fill(data, SHARDS)
    run_local(data, stages(), Log())
    log = Log()
    run_ray(data, stages(FakeExpert(trips_on=tuple(SHARDS[0]))), log, cluster)
    assert log.clips == {"hear": 0, "second": 0}


def test_a_worker_that_is_killed_is_replaced_and_its_shard_done(tmp_path, cluster) -> None:
    data = Dataset(str(tmp_path / "set"))
    fill(data, SHARDS)
    (tmp_path / "grave").mkdir()
    mortal = MortalChain("hear", (FakeExpert(),), grave=str(tmp_path / "grave"))
    run_ray(data, [mortal], Log(), cluster)
    assert data.shards("events") == [0, 1, 2]
    assert [row.clip_id for row in data.rows(Events, 1)] == SHARDS[1]


def test_a_later_chain_begins_before_an_earlier_one_has_ended(tmp_path, cluster) -> None:
    data = Dataset(str(tmp_path))
    fill(data, [[f"r{shard}x{i}_0_1" for i in range(4)] for shard in range(12)])
    log = Ended()
    run_ray(data, stages(FatalExpert(nap=0.3)), log, cluster)
    assert sorted(log.ended) == ["hear"] * 12 + ["second"] * 12
    last = max(i for i, stage in enumerate(log.ended) if stage == "hear")
    assert "second" in log.ended[:last]


def test_an_expert_that_cannot_load_ends_the_run_with_its_own_words(tmp_path, cluster) -> None:
    data = Dataset(str(tmp_path))
    fill(data, SHARDS)
    with pytest.raises(UserError, match="^events needs its weights"):
        run_ray(data, stages(UnloadableExpert()), Log(), cluster)


def test_a_cluster_that_is_not_there_is_named() -> None:
    import ray

    if ray.is_initialized():
        ray.shutdown()
    settings = EngineSettings(kind="ray", address="ray-not-here:6379")
    with pytest.raises(UserError, match="ray: cannot start on or reach ray-not-here:6379"):
        run_ray(Dataset("nowhere"), [], Log(), settings)
