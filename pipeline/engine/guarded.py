"""A progress that ends the run when another driver has taken the dataset over."""

from auricle.pipeline.engine.lease import Lease
from auricle.pipeline.engine.progress import Progress


class Guarded:
    """Tells another progress, and looks at the lease whenever a shard is done."""

    def __init__(self, progress: Progress, lease: Lease) -> None:
        self.progress, self.lease = progress, lease
        self.start, self.tell, self.pool = progress.start, progress.tell, progress.pool

    def shard(self, stage: str) -> None:
        """A shard is on disk."""
        self.progress.shard(stage)
        self.lease.check()
