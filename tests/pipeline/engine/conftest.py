"""A local Ray of two processors, whose workers find the fakes."""

from collections.abc import Iterator

import pytest
from fakes import FINDS_FAKES

from auricle.pipeline.stage_settings import EngineSettings


@pytest.fixture(scope="module")
def cluster() -> Iterator[EngineSettings]:
    import ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env=FINDS_FAKES,
    )
    yield EngineSettings(kind="ray", threads=1)
    ray.shutdown()
