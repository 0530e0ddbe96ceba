"""Experts share a worker as long as their memory fits, and say the same wherever they are."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from fakes import FakeExpert

from auricle.experts.catalogue import PROFILES
from auricle.pipeline.config import load_config
from auricle.pipeline.packing import memory_of, pack
from auricle.pipeline.plan import fingerprints, tables_of
from auricle.pipeline.stages import works
from auricle.schemas.base import ModelUse
from auricle.schemas.errors import UserError


@dataclass
class Heavy(FakeExpert):
    memory: ClassVar[float] = 2.0
    gpu_memory: ClassVar[float] = 5.0
    device: str = "auto"


def names(workers) -> dict[str, int]:
    return {name: len(experts) for name, experts in workers.items()}


@pytest.mark.parametrize(
    ("limit", "gpu_limit", "expected"),
    [
        (None, None, {"hear": 5}),
        (10.0, 25.0, {"hear": 5}),
        (None, 24.9, {"hear": 4, "hear-2": 1}),
        (None, 10.0, {"hear": 2, "hear-2": 2, "hear-3": 1}),
        (4.0, None, {"hear": 2, "hear-2": 2, "hear-3": 1}),
        (4.0, 5.0, {"hear": 1, "hear-2": 1, "hear-3": 1, "hear-4": 1, "hear-5": 1}),
    ],
)
def test_a_chain_is_dealt_to_as_few_workers_as_its_order_allows(limit, gpu_limit, expected) -> None:
    experts = [Heavy(floor=i / 10) for i in range(5)]
    workers = pack("hear", experts, limit, gpu_limit)
    assert names(workers) == expected
    assert [expert for worker in workers.values() for expert in worker] == experts


def test_an_expert_without_a_gpu_joins_a_full_one() -> None:
    experts = [Heavy(), FakeExpert(), Heavy(), FakeExpert()]
    assert names(pack("hear", experts, None, 5.0)) == {"hear": 2, "hear-2": 2}


def test_on_the_processor_no_expert_takes_gpu_memory() -> None:
    assert memory_of([Heavy(device="cpu"), Heavy()]) == (4.0, 5.0)


@pytest.mark.parametrize(
    ("limit", "gpu_limit", "words"),
    [
        (1.0, None, r"engine.gigabytes: events \(fake\) needs 2 GB of memory, more than the 1 GB"),
        (None, 4.5, r"engine.gpu_gigabytes: events \(fake\) needs 5 GB of GPU memory, .* 4.5 GB"),
    ],
)
def test_an_expert_that_fits_no_worker_is_named_with_the_setting(limit, gpu_limit, words) -> None:
    with pytest.raises(UserError, match=words):
        pack("hear", [FakeExpert(), Heavy()], limit, gpu_limit)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_divided_profile_makes_the_same_tables_with_the_same_fingerprints(
    profile, monkeypatch
) -> None:
    def used(ref: str) -> ModelUse:  # the weights of profile full are not here
        return ModelUse(name=ref, source=ref, revision="1", sha256=ref, licence="MIT")

    monkeypatch.setattr("auricle.pipeline.engine.chain.use", used)
    experts = {"tags": {"backend": "events"}} if profile == "lite" else {}
    whole = load_config(None, {"profile": profile, "experts": experts})
    stages = [work for stage in ("ingest", "annotate") for work in works(whole, stage)]
    largest = max(e.memory for work in works(whole, "annotate") for e in work.experts)
    divided = load_config(
        None, {"profile": profile, "experts": experts, "engine.gigabytes": largest}
    )
    parts = [work for stage in ("ingest", "annotate") for work in works(divided, stage)]
    assert len(parts) > len(stages)
    assert fingerprints(parts) == fingerprints(stages)
    assert tables_of(divided, "hear") == tables_of(whole, "hear")
