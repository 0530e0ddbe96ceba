"""What a run on Ray does can be read where Prometheus reads it."""

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from fakes import Log

from auricle.pipeline.engine.metrics import Metrics
from auricle.pipeline.engine.work import Done
from auricle.pipeline.machine import installed

needs_agent = pytest.mark.skipif(
    not (installed("aiohttp") and installed("prometheus_client") and installed("opencensus")),
    reason='no metrics agent: pip install "ray[default]"',
)

Page = dict[tuple[str, str, str], float]
"""Values by metric, stage and reason."""


@pytest.fixture(scope="module")
def page() -> Iterator[Callable[[], Page]]:
    """A Ray that reports twice a second, and what its node tells Prometheus of us."""
    import ray

    ray.init(
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        _system_config={"metrics_report_interval_ms": 500},
    )
    node = ray.nodes()[0]
    where = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"

    def read() -> Page:
        with urllib.request.urlopen(where, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        found: Page = {}
        for line in lines:
            if match := re.fullmatch(r"ray_auricle_(\w+)\{(.*)\} (\S+)", line):
                tags = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
                assert tags["dataset"] == "birds"
                found[match[1], tags["stage"], tags.get("reason", "")] = float(match[3])
        return found

    yield read
    ray.shutdown()


def wait_for(page: Callable[[], Page], wanted: Page) -> None:
    """Fail unless the page says this within half a minute."""
    until, told = time.monotonic() + 30, Page()
    while time.monotonic() < until and not wanted.items() <= told.items():
        time.sleep(0.5)
        told = page()
    assert wanted.items() <= told.items()


@needs_agent
def test_prometheus_reads_what_was_done_and_how_busy_the_workers_are(page) -> None:
    log = Log()
    metrics = Metrics(log, "s3://bucket/birds/")
    metrics.start("hear", 4, 0, 40)
    metrics.pool("hear", 2, 1, 3)
    metrics.tell("hear", Done(10, 100.0, {"expert_failed": 1}))
    metrics.tell("hear", Done(5, 25.0))
    metrics.shard("hear")
    wait_for(
        page,
        {
            ("clips_total", "hear", ""): 15,
            ("audio_seconds_total", "hear", ""): 125,
            ("error_rows_total", "hear", "expert_failed"): 1,
            ("workers", "hear", ""): 2,
            ("busy_workers", "hear", ""): 1,
            ("ready_shards", "hear", ""): 3,
        },
    )
    assert log.clips["hear"] == 15
    metrics.pool("hear", 2, 2, 0)
    wait_for(page, {("busy_workers", "hear", ""): 2, ("ready_shards", "hear", ""): 0})


@needs_agent
def test_clips_that_are_worked_on_again_are_counted_once(page) -> None:
    log = Log()
    metrics = Metrics(log, "birds")
    metrics.start("speech", 1, 0, 8)
    metrics.tell("speech", Done(8, 80.0))
    metrics.tell("speech", Done(-8, -80.0))  # its worker died
    metrics.tell("speech", Done(6, 60.0))
    metrics.tell("speech", Done(4, 40.0, {"worker_died": 1}))
    wait_for(
        page,
        {
            ("clips_total", "speech", ""): 10,
            ("audio_seconds_total", "speech", ""): 100,
            ("error_rows_total", "speech", "worker_died"): 1,
        },
    )
    assert log.clips["speech"] == 10


def test_the_module_does_not_import_ray() -> None:
    code = "import sys, auricle.pipeline.engine.metrics; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
