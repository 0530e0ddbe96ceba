"""Progress as metrics of Ray, which Prometheus collects from each node."""

from typing import Any

from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Done


class Metrics:
    """A progress that tells another one, and Ray's metrics as well. Ray must be up.

    Ray puts `ray_` before the names, and `_total` behind those of counters.
    """

    def __init__(self, progress: Progress, dataset: str) -> None:
        from ray.util.metrics import Counter as Sum
        from ray.util.metrics import Gauge

        self.progress = progress
        self._dataset = dataset.rstrip("/").rpartition("/")[2]
        tags = ("dataset", "stage")
        self._clips: Any = Sum("auricle_clips", "Clips worked on", tags)
        self._seconds: Any = Sum("auricle_audio_seconds", "Seconds of sound worked on", tags)
        self._errors: Any = Sum("auricle_error_rows", "Error rows by reason", (*tags, "reason"))
        self._ready: Any = Gauge("auricle_ready_shards", "Shards that wait for a worker", tags)
        self._workers: Any = Gauge("auricle_workers", "Workers", tags)
        self._busy: Any = Gauge("auricle_busy_workers", "Workers with something to do", tags)
        self._owed: dict[tuple[Any, ...], float] = {}
        """What was counted and has to be done again: counters never fall."""

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        """A stage begins."""
        self.progress.start(stage, total, done, clips)

    def tell(self, stage: str, done: Done) -> None:
        """Clips were worked on; those that are worked on again count once."""
        self.progress.tell(stage, done)
        self._add(self._clips, done.clips, stage)
        self._add(self._seconds, done.seconds, stage)
        for reason, rows in done.errors.items():
            self._add(self._errors, rows, stage, reason=reason)

    def shard(self, stage: str) -> None:
        """A shard is on disk."""
        self.progress.shard(stage)

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        """A stage has so many workers, so many of them busy, and so many shards that wait."""
        self.progress.pool(stage, workers, busy, ready)
        tags = {"dataset": self._dataset, "stage": stage}
        for gauge, value in ((self._workers, workers), (self._busy, busy), (self._ready, ready)):
            gauge.set(value, tags)

    def _add(self, metric: Any, amount: float, stage: str, **more: str) -> None:
        tags = {"dataset": self._dataset, "stage": stage, **more}
        key = (metric, *tags.values())
        gained = amount - self._owed.pop(key, 0.0)
        if gained > 0:
            metric.inc(gained, tags)
        elif gained < 0:
            self._owed[key] = -gained
