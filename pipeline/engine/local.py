"""The local engine: every stage in this process, one after the other."""

import copy
import gc
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Done, SideBySide, Work, clips_in, pending


def run_local(data: Dataset, works: Sequence[Work], progress: Progress) -> None:
    """Do what is pending of each work, in order; shards that are done are left as they are.

    Only one work is loaded at a time: what it read is forgotten before the next one reads.
    """
    for work in works:
        todo = pending(data, work)
        total = len(data.shards(work.reads[0]))
        progress.start(work.name, total, total - len(todo), clips_in(data, work, todo))
        if todo:
            _run(data, copy.deepcopy(work), todo, progress)
            gc.collect()


def _run(data: Dataset, work: Work, shards: Sequence[int], progress: Progress) -> None:
    work.load()
    if isinstance(work, SideBySide):
        try:
            _run_side_by_side(data, work, shards, progress)
        finally:
            work.close()
        return
    for shard in shards:
        work.run(data, shard, partial(progress.tell, work.name))
        progress.shard(work.name)


def _run_side_by_side(
    data: Dataset, work: SideBySide, shards: Sequence[int], progress: Progress
) -> None:
    """Run shards in threads; an error, or Ctrl-C, stops the work and waits for its threads."""
    lock = threading.Lock()

    def tell(done: Done) -> None:
        with lock:
            progress.tell(work.name, done)

    def one(shard: int) -> None:
        work.run(data, shard, tell)
        with lock:
            progress.shard(work.name)

    with ThreadPoolExecutor(work.at_once) as threads:
        futures = [threads.submit(one, shard) for shard in shards]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            _stop(work, threads)
            raise
        failed = next((f for f in futures if f.done() and f.exception()), None)
        if failed is not None:
            _stop(work, threads)
            failed.result()


def _stop(work: SideBySide, threads: ThreadPoolExecutor) -> None:
    work.stop()
    threads.shutdown(wait=False, cancel_futures=True)
