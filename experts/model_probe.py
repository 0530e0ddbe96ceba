"""Whether weights that are not here could be fetched now; nothing is fetched."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, url2pathname

from auricle.experts.model_hub import account_needed
from auricle.experts.model_lock import HandModel, HubModel, LockedModel, model_of

TIMEOUT = 5.0
"""Seconds that a server may take to answer."""


def obstacles(refs: Sequence[str]) -> dict[str, str | None]:
    """Return for each model what would keep it from being fetched, or None; asked side by side.

    Asks the pip index, the hub and the web, as a fetch would, and waits a few seconds at most.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(refs, pool.map(_obstacle, refs), strict=True))


def _obstacle(ref: str) -> str | None:
    model = model_of(ref)
    if isinstance(model, HubModel):
        return _ask_hub(model)
    if isinstance(model, HandModel):
        return f"its terms ({model.licence}) leave that to you"
    if not isinstance(model, LockedModel):
        return "not a folder"
    if model.module is not None:
        return f"pip install {model.package}=={model.revision}"
    for sources in dict.fromkeys(_origins(model)):
        problems = [problem for source in sources if (problem := _ask(source)) is not None]
        if len(problems) == len(sources):
            return "; ".join(problems)
    return None


def _origins(model: LockedModel) -> Iterator[tuple[str, ...]]:
    """Yield the addresses of each piece, wheels and repositories named once."""
    for file in model.files:
        for piece in file.pieces:
            yield tuple(
                source.split("/", 3)[2] if source.startswith("pypi://") else source
                for source in piece.sources
            )


def _ask(source: str) -> str | None:
    scheme, _, rest = source.partition("://")
    if not rest:
        return _ask_index(source)
    if scheme == "file":
        return None if Path(url2pathname(rest)).is_file() else f"{source} is not there"
    if scheme == "hf":
        owner, name, file = rest.split("/", 2)
        name, _, revision = name.partition("@")
        return _ask_hub(HubModel(name=source, hub=f"{owner}/{name}", revision=revision), file)
    return _problem(source, _status(source, None))


def _ask_index(requirement: str) -> str | None:
    """Ask the user's own pip, with its own settings."""
    project, _, version = requirement.partition("==")
    command = [sys.executable, "-m", "pip", "index", "versions", project, "--no-input"]
    options = ["--disable-pip-version-check", "--timeout", str(TIMEOUT), "--retries", "0"]
    try:
        told = subprocess.run([*command, *options], capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "pip: the package index does not answer"
    listed = [line for line in told.stdout.splitlines() if line.startswith("Available versions:")]
    known = listed[0].partition(":")[2].replace(",", " ").split() if listed else []
    return None if version in known else f"pip: the package index does not offer {requirement}"


def _ask_hub(model: HubModel, file: str | None = None) -> str | None:
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    exact = [name for name in model.files_wanted if "*" not in name and "?" not in name]
    name = file or (exact[-1] if exact else None)
    path = f"{model.hub}/resolve/{model.revision}/{name}"
    if name is None:
        path = f"api/models/{model.hub}/revision/{model.revision}"
    address = f"{endpoint}/{path}"
    status = _status(address, os.environ.get("HF_TOKEN"))
    return account_needed(model) if status in (401, 403) else _problem(address, status)


def _problem(address: str, status: int | str) -> str | None:
    if isinstance(status, str):
        return f"{urlsplit(address).netloc} does not answer ({status})"
    return None if status < 400 else f"{address}: {status}"


def _status(url: str, token: str | None) -> int | str:
    """Return the status of an address, or why there is none; where it leads is not followed."""
    request = Request(url, headers={"User-Agent": "auricle"})
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with build_opener(_Stay).open(request, timeout=TIMEOUT) as response:
            return int(response.status)
    except HTTPError as error:
        return error.code
    except (OSError, HTTPException, ValueError) as error:
        return str(getattr(error, "reason", None) or error)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Take a redirection for the answer that it is."""
