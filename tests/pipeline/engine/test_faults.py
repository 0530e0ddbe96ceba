"""Clips and workers that crash, hang or do not start cost no more than themselves."""

import os
import signal
import threading
from pathlib import Path

import pytest
import soundfile
from fakes import (
    FINDS_FAKES,
    MADE,
    BrokenExpert,
    FakeExpert,
    FatalExpert,
    FatalIngest,
    Log,
    SecondExpert,
    StillbornExpert,
    fill,
    tone,
)

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.ray_pool import run_ray
from auricle.pipeline.engine.stopping import Terminated
from auricle.pipeline.engine.work import Done
from auricle.pipeline.stage_settings import EngineSettings, IngestSettings, PoolSettings
from auricle.schemas.annotation import Events, Vad
from auricle.schemas.clip import Clip, Recording, Signal, Source
from auricle.schemas.errors import UserError

SHARDS = [[f"r{shard}x{i}_0_1" for i in range(4)] for shard in range(3)]
POISON = SHARDS[1][2]


def chain(expert: FakeExpert) -> Chain:
    return Chain("hear", (expert, SecondExpert()), batch_clips=4)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    made = Dataset(str(tmp_path / "set"))
    fill(made, SHARDS)
    return made


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made = Dataset(str(tmp_path_factory.mktemp("undisturbed") / "set"))
    fill(made, SHARDS)
    run_local(made, [chain(FakeExpert())], Log())
    return made


class Interrupting(Log):
    """Sends a signal when the first clips are told."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.begun = number, 0

    def tell(self, stage: str, done: Done) -> None:
        if done.clips and not self.clips[stage]:
            os.kill(os.getpid(), self.number)
        super().tell(stage, done)

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        self.begun = busy or self.begun


def check(data: Dataset, undisturbed: Dataset, reason: str) -> None:
    """See that all rows are those of an undisturbed run but for that of the poison."""
    for shard, ids in enumerate(SHARDS):
        rows = data.rows(Events, shard)
        assert [row.clip_id for row in rows] == ids
        assert [row.clip_id for row in data.rows(Vad, shard)] == ids
        for row, usual in zip(rows, undisturbed.rows(Events, shard), strict=True):
            if row.clip_id == POISON:
                assert (row.status, row.reason) == ("error", reason)
            else:
                assert row == usual
    last = {row.clip_id: row for row in data.rows(Vad, 1)}[POISON]
    assert (last.status, last.peak) == ("ok", -1.0)  # the second expert was asked all the same
    assert not list(Path(data.path("events", 0)).parent.glob("parts/*"))


def test_a_clip_that_crashes_its_process_is_alone_in_being_out(data, undisturbed, cluster) -> None:
    log = Log()
    run_ray(data, [chain(FatalExpert(kills=(POISON,)))], log, cluster)
    check(data, undisturbed, "worker_died")
    assert log.errors["worker_died"] == 1


@pytest.mark.parametrize("stiff", [False, True])
def test_a_clip_that_makes_its_worker_hang_is_alone_in_being_out(
    data, undisturbed, cluster, stiff
) -> None:
    settings = cluster.model_copy(update={"patience": 3.0})
    run_ray(data, [chain(FatalExpert(hangs=(POISON,), stiff=stiff))], Log(), settings)
    check(data, undisturbed, "worker_hung")


def test_a_source_that_crashes_its_decoder_is_a_recording_with_a_reason(tmp_path, cluster) -> None:
    data = Dataset(str(tmp_path / "set"))
    names = ["a", "b", "poison", "c", "d"]
    for name in names:
        soundfile.write(tmp_path / f"{name}.wav", tone(1.0), 16_000)
    sources = [Source(recording_id=name, path=str(tmp_path / f"{name}.wav")) for name in names]
    data.write("sources", 0, sources, MADE)
    run_ray(data, [FatalIngest(IngestSettings())], Log(), cluster)
    ended = {row.recording_id: (row.status, row.reason) for row in data.rows(Recording, 0)}
    assert list(ended) == names
    assert ended.pop("poison") == ("error", "worker_died")
    assert set(ended.values()) == {("ok", None)}
    clips = [row.clip_id for row in data.rows(Clip, 0)]
    assert clips == ["a_0_0_1", "b_0_0_1", "c_0_0_1", "d_0_0_1"]
    assert [row.clip_id for row in data.rows(Signal, 0)] == clips


def test_workers_that_die_while_they_load_end_the_run_soon(data, cluster) -> None:
    with pytest.raises(UserError, match="hear: 3 workers in a row did not start"):
        run_ray(data, [chain(StillbornExpert())], Log(), cluster)


def test_a_model_that_cannot_load_ends_the_run_with_the_real_error(data, cluster) -> None:
    with pytest.raises(UserError, match="hear: a worker cannot load: RuntimeError: no kernel"):
        run_ray(data, [chain(BrokenExpert())], Log(), cluster)


def test_a_worker_that_fits_nowhere_is_named_with_what_it_needs(data, cluster) -> None:
    pools = {"hear": PoolSettings(resources={"tape_deck": 1})}
    settings = cluster.model_copy(update={"patience": 2.0, "pools": pools})
    with pytest.raises(UserError, match="hear: no node has room for a worker .*tape_deck 1"):
        run_ray(data, [chain(FakeExpert())], Log(), settings)


def test_a_cluster_with_fewer_processors_than_a_worker_asks_for_is_used(data, cluster) -> None:
    pools = {"hear": PoolSettings(cpus=64)}
    run_ray(data, [chain(FakeExpert())], Log(), cluster.model_copy(update={"pools": pools}))
    assert data.shards("vad") == [0, 1, 2]


@pytest.mark.parametrize(
    ("number", "end"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_who_is_asked_to_end_lets_workers_end_what_they_have(
    tmp_path, undisturbed, cluster, number, end
) -> None:
    data = Dataset(str(tmp_path / "set"))
    fill(data, [*SHARDS, *([f"s{shard}x{i}_0_1" for i in range(4)] for shard in range(3))])
    log = Interrupting(number)
    with pytest.raises(end):
        run_ray(data, [chain(FatalExpert(nap=0.5))], log, cluster)
    assert 1 <= log.begun <= len(data.shards("vad")) <= 3
    run_ray(data, [chain(FakeExpert())], Log(), cluster)
    for shard in range(3):
        assert data.rows(Events, shard) == undisturbed.rows(Events, shard)


def test_a_node_that_dies_takes_nothing_with_it(tmp_path, undisturbed) -> None:
    import ray
    from ray.cluster_utils import Cluster

    data = Dataset(str(tmp_path / "set"))
    fill(data, SHARDS)
    if ray.is_initialized():
        ray.shutdown()
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = nodes.add_node(num_cpus=1)
        ray.init(address=nodes.address, log_to_driver=False, runtime_env=FINDS_FAKES)
        threading.Timer(5.0, nodes.remove_node, (second, False)).start()
        settings = EngineSettings(kind="ray", threads=1)
        run_ray(data, [chain(FatalExpert(nap=0.4))], Log(), settings)
    finally:
        ray.shutdown()
        nodes.shutdown()
    for shard in range(3):
        assert data.rows(Events, shard) == undisturbed.rows(Events, shard)
