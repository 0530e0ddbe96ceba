"""Submits a run to a Ray cluster through the job API of its dashboard, follows it, stops it."""

import asyncio
import logging
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from auricle.pipeline.config import Config, dump_config, load_config
from auricle.schemas.errors import UserError

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

CONFIG = "auricle-job.yaml"
"""The configuration's name in what is shipped."""
STOP_SECONDS = 120
"""How long a job that is told to stop may finish what it has begun before Ray kills it."""
_DATASET = "auricle_dataset"
"""The metadata of a job that names its dataset."""
_ANSWER = 10.0
"""Seconds that the dashboard may take to answer."""
_SILENCE = 30.0
"""Seconds without a log line after which the dashboard is asked whether it is still there."""
_PAUSE = 2.0
_CREDENTIALS = re.compile(r"://[^/\s]*:[^/\s]*@")
_OVERRIDES = ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")
"""Variables that Ray's client would obey rather than the address it is given."""


def submit(
    address: str,
    config_file: str,
    out: str,
    source: str | None = None,
    stages: Sequence[str] = (),
    redo: Sequence[str] = (),
) -> str:
    """Submit a run and return the id of its job; it runs on when this process ends.

    The auricle that is installed here and the configuration are shipped; other packages are the
    cluster's own. So are prompts that the configuration names by a relative path.

    Args:
        address: the dashboard, `http://HEAD:8265`.
        config_file: the configuration; its engine becomes Ray, on the cluster that is joined.
        out: the dataset, an absolute path or a URI that all nodes see.
        source: what to ingest, likewise; None for the configuration's own.
        stages: the stages to run, in this order; none for all of them.
        redo: stages to make again.

    Raises:
        UserError: the configuration is wrong, holds credentials or names what only this machine
            has; the dataset is being worked on; the cluster cannot be reached or refuses.
    """
    engine = {"engine.kind": "ray", "engine.address": "auto"}
    config = load_config(config_file, {**engine, **({"source": source} if source else {})})
    entrypoint = " && ".join(map(shlex.join, _commands(config, out, stages, redo)))
    for name, value in (("--out", out), *_settings(config.model_dump())):
        if _CREDENTIALS.search(value):
            raise UserError(f"{name}: no keys in a URI, the dashboard shows it; docs/cluster.md")
    with _jobs(address) as client, tempfile.TemporaryDirectory() as folder:
        for job in client.list_jobs():
            if not job.status.is_terminal() and (job.metadata or {}).get(_DATASET) == out:
                raise UserError(f"{out}: {job.submission_id} works on it; stop it, or wait for it")
        pack(Path(folder))
        _add_config(Path(folder), config)
        return client.submit_job(
            entrypoint=entrypoint,
            runtime_env={
                "working_dir": folder,
                "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(STOP_SECONDS)},
            },
            metadata={_DATASET: out},
        )


def follow(address: str, job: str) -> int:
    """Print the log of a job until it ends, and return its exit status.

    Returns:
        0 succeeded, 1 failed, 143 stopped; 130 or 143 if this process was interrupted: the job
        goes on.

    Raises:
        UserError: the dashboard is gone, or has no such job.
    """
    printed = 0
    try:
        with _jobs(address) as client:
            while True:
                printed = asyncio.run(_tail(address, client, job, printed))
                ended = client.get_job_info(job)
                if ended.status.is_terminal():
                    break
                time.sleep(_PAUSE)
    except Exception:
        raise
    except BaseException as stop:  # Ctrl-C, or SIGTERM as the command line turns it into one
        print(f"{job} goes on\n{ways(address, job)}", file=sys.stderr)
        return 130 if isinstance(stop, KeyboardInterrupt) else 143
    if ended.status == "FAILED" and ended.driver_exit_code is None:
        print(f"{job}: {ended.message}", file=sys.stderr)
    return {"SUCCEEDED": 0, "STOPPED": 143}.get(ended.status, 1)


def ways(address: str, job: str) -> str:
    """Say how to follow a job and how to stop it."""
    return (
        f"follow it: ray job logs {job} --address {address} --follow\n"
        f"stop it: auricle submit --address {address} --stop {job}"
    )


def stop(address: str, job: str) -> str:
    """Have a job end what it has begun, and return its status once it has ended.

    Raises:
        UserError: the cluster cannot be reached, has no such job, or the job does not end.
    """
    with _jobs(address) as client:
        client.stop_job(job)
        for _ in range(int((STOP_SECONDS + 30) / _PAUSE)):
            status = client.get_job_status(job)
            if status.is_terminal():
                return str(status)
            time.sleep(_PAUSE)
    raise UserError(f"{job}: told to stop, but it has not ended; look at {address}")


def pack(folder: Path) -> None:
    """Lay the auricle that runs here out in a folder, with its metadata, as its wheel does.

    From a wheel and from a source tree alike. Python imports it from there as it is.
    """
    hidden = shutil.ignore_patterns("__pycache__", ".*")
    for part in ("experts", "jobs", "pipeline", "prompts", "schemas"):
        place = Path(str(files(f"auricle.{part}")))
        shutil.copytree(place, folder / "auricle" / part, ignore=hidden)
    known = distribution("auricle")
    metadata = folder / f"auricle-{known.version}.dist-info"
    metadata.mkdir()
    told = known.read_text("METADATA") or known.read_text("PKG-INFO")  # the latter beside sources
    (metadata / "METADATA").write_text(told or "", "utf-8")


def key_variables(config_file: str) -> list[str]:
    """Return the environment variables with API keys that a configuration names."""
    told = load_config(config_file).model_dump()
    return sorted({value for name, value in _settings(told) if name.endswith("key_variable")})


def _commands(
    config: Config, out: str, stages: Sequence[str], redo: Sequence[str]
) -> Iterator[list[str]]:
    from auricle.pipeline.stages import STAGES

    _check_place("--out", out)
    again = [word for stage in redo for word in ("--redo", stage)]
    for stage in stages or ("run",):
        if stage not in ("run", *STAGES, "export"):
            raise UserError(f"--stage {stage}: there are {', '.join(STAGES)}, export")
        options = [] if stage == "export" else ["--config", CONFIG, *again]
        where = [out]
        if stage in ("run", "ingest"):
            if config.source is None:
                raise UserError("nothing to ingest: add --source, or `source` to the configuration")
            _check_place("--source", config.source)
            where = [config.source, "--out", out]
        yield ["python", "-m", "auricle.pipeline.cli", stage, *where, *options]
        again = []


def _check_place(name: str, place: str) -> None:
    if "://" not in place and not PurePosixPath(place).is_absolute():
        raise UserError(
            f"{name} {place}: a cluster cannot see this machine's folders; give an absolute path "
            "of storage that all nodes share, or a URI such as s3://BUCKET/FOLDER"
        )


def _settings(told: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings that hold words, with their dotted names."""
    if isinstance(told, str) and told:
        yield name, told
    elif isinstance(told, dict):
        for key, value in told.items():
            yield from _settings(value, f"{name}.{key}" if name else str(key))


def _add_config(folder: Path, config: Config) -> None:
    (folder / CONFIG).write_bytes(dump_config(config))
    for name, value in _settings(config.model_dump()):
        path = Path(value)
        if path.suffix in (".yaml", ".yml") and not path.is_absolute() and path.is_file():
            if ".." in path.parts:
                raise UserError(f"{name}: {value} is not below this folder: it cannot be shipped")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path)


async def _tail(address: str, client: "JobSubmissionClient", job: str, printed: int) -> int:
    """Print the log beyond what was printed, until it ends or the connection does."""
    import aiohttp

    lines = client.tail_job_logs(job)
    seen = 0
    try:
        while True:
            waiting = asyncio.ensure_future(anext(lines))
            while not (await asyncio.wait({waiting}, timeout=_SILENCE))[0]:
                await asyncio.to_thread(_knock, address)
            text = waiting.result()
            print(text[max(0, printed - seen) :], end="", flush=True)
            seen += len(text)
            printed = max(printed, seen)
    except (StopAsyncIteration, aiohttp.ClientError, RuntimeError):
        return printed


@contextmanager
def _jobs(address: str) -> Iterator["JobSubmissionClient"]:
    """Give a client of the job API; what goes wrong with it is one line."""
    _knock(address)
    import ray.exceptions
    from ray.job_submission import JobSubmissionClient

    denied: Any = getattr(ray.exceptions, "AuthenticationError", ())  # from Ray 2.52
    hidden = {name: os.environ.pop(name) for name in _OVERRIDES if name in os.environ}
    logging.disable(logging.INFO)
    try:
        yield JobSubmissionClient(address)
    except denied as error:
        wrong = "the token is wrong" if "failed" in error.message else "a token is needed"
        raise UserError(
            f"{address}: {wrong}; set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to the file "
            "with the cluster's token"
        ) from None
    except (OSError, RuntimeError) as error:
        words = str(error).splitlines()
        raise UserError(f"{address}: {words[0] if words else type(error).__name__}") from None
    finally:
        logging.disable(logging.NOTSET)
        os.environ.update(hidden)


def _knock(address: str) -> None:
    """Raise soon if no dashboard answers; Ray's client would wait for minutes."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"--address {address}: the address of a dashboard is http://HEAD:8265")
    try:
        with urlopen(f"{address.rstrip('/')}/api/version", timeout=_ANSWER) as answer:
            if b"ray_version" in answer.read():
                return
    except HTTPError as error:
        if error.code in (401, 403):  # the client will say why
            return
    except OSError as error:
        raise UserError(
            f"{address}: no dashboard answers ({getattr(error, 'reason', error)}); is the head "
            "up, with ray[default] installed, and the port forwarded to this machine?"
        ) from None
    raise UserError(f"{address}: something answers, but it is not the dashboard of Ray")
