"""What a configuration lacks on this machine, before a run. Loads no model, fetches nothing."""

import json
import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from auricle.experts import models
from auricle.experts.base import Expert
from auricle.experts.catalogue import AUTO
from auricle.experts.model_places import store
from auricle.experts.model_probe import obstacles
from auricle.pipeline.config import Config
from auricle.pipeline.extras import install_command
from auricle.pipeline.licences import remark
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.machine import gpus, installed, ram
from auricle.pipeline.packing import memory_of
from auricle.pipeline.stages import experts_of, works
from auricle.prompts import read_prompt
from auricle.schemas.errors import UserError

State = Literal["ok", "note", "fails"]

TIMEOUT = 5.0
"""Seconds that a server may take to answer."""


class Finding(NamedTuple):
    """One thing that was looked at. With `fails`, a run would end with an error."""

    what: str
    state: State
    detail: str


def doctor(config: Config) -> list[Finding]:
    """Return what was found about a configuration on this machine."""
    wanted, spare = experts_of(config)
    everyone = [*wanted, *spare]
    return [
        *_ffmpeg(),
        *_packages(wanted, spare),
        *_licences(wanted),
        *_weights(wanted, spare),
        *_endpoints(wanted),
        *_writers(config),
        *_memory(config, everyone),
        *_ray(config),
        *_disk(everyone),
    ]


def _ffmpeg() -> Iterator[Finding]:
    try:
        import av
    except (ImportError, OSError) as error:
        yield Finding("FFmpeg", "fails", f"PyAV does not load ({error}): {install_command('av')}")
    else:
        yield Finding("FFmpeg", "ok", f"{av.ffmpeg_version_info} in PyAV {av.__version__}")


def _packages(wanted: Sequence[Expert[Any]], spare: Sequence[Expert[Any]]) -> Iterator[Finding]:
    users = _by(wanted, lambda expert: expert.packages)
    for package, names in _by([*wanted, *spare], lambda expert: expert.packages).items():
        if installed(package):
            yield Finding(package, "ok", f"installed; for {', '.join(names)}")
        else:
            state: State = "fails" if package in users else "note"
            command = install_command(package)
            yield Finding(package, state, f"not installed: {command}; for {', '.join(names)}")


def _licences(experts: Iterable[Expert[Any]]) -> Iterator[Finding]:
    for each in experts:
        if told := remark(each.code_licence):
            yield Finding(f"{each.role} ({each.backend})", "note", f"{each.code_licence}: {told}")


def _weights(wanted: Sequence[Expert[Any]], spare: Sequence[Expert[Any]]) -> Iterator[Finding]:
    users = _by(wanted, lambda expert: expert.models)
    everyone = _by([*wanted, *spare], lambda expert: expert.models)
    listed: dict[str, models.Listing] = {}
    for ref in everyone:
        try:
            listed[ref] = models.listing(ref)
        except UserError as error:  # no such folder
            yield Finding(ref, "fails", str(error))
    missing = [ref for ref, listing in listed.items() if listing.found is None]
    in_the_way = obstacles(missing)
    for ref, listing in listed.items():
        terms = "; ".join(filter(None, [listing.licence, remark(listing.licence)]))
        size = f", {listing.size / 1e6:.0f} MB" if listing.size else ""
        obstacle = in_the_way.get(ref)
        for_whom = ", ".join(everyone[ref])
        if ref not in missing:
            state: State = "note" if remark(listing.licence) else "ok"
            yield Finding(ref, state, f"in {listing.found} ({terms}); for {for_whom}")
        elif obstacle is None:
            told = f"not here yet: the run fetches it{size} ({terms}); for {for_whom}"
            yield Finding(ref, "note", told)
        else:
            told = f"not here, and cannot be fetched: {obstacle}. {_way_out(ref)} ({terms})"
            state = "fails" if ref in users else "note"
            yield Finding(ref, state, f"{told}; for {for_whom}")


def _way_out(ref: str) -> str:
    try:
        models.find(ref)
    except UserError as error:
        return str(error)
    return ""


def _endpoints(experts: Iterable[Expert[Any]]) -> Iterator[Finding]:
    for each in experts:
        if not hasattr(each, "base_url"):
            continue
        url, model = str(getattr(each, "base_url", "")), str(getattr(each, "model", ""))
        variable = str(getattr(each, "key_variable", ""))
        name = f"{each.role} ({each.backend})"
        for setting, value in (("base_url", url), ("model", model)):
            if not value:
                yield Finding(name, "fails", f"experts.{each.role}.{setting} is not set")
        if variable and not os.environ.get(variable):
            yield Finding(name, "fails", f"{variable} is not set in the environment")
        if url:
            yield _ask(name, url, model, os.environ.get(variable) if variable else None)


def _writers(config: Config) -> Iterator[Finding]:
    """Look at the model that writes and at the one that judges, where there are such."""
    if config.writer == "llm":
        prompts = (config.caption.prompt, config.qa.prompt)
        yield from _writer(f"writer ({config.llm.model or 'llm'})", config.llm, prompts)
    judge = config.judge
    if judge.llm.model:
        prompts = (judge.prompt, judge.blind_prompt)
        yield from _writer(f"judge ({judge.llm.model})", judge.llm, prompts)


def _writer(name: str, llm: LlmSettings, prompts: Sequence[str]) -> Iterator[Finding]:
    for package in ("openai", "aiohttp"):
        if not installed(package):
            yield Finding(name, "fails", f'{package} is not installed: pip install "auricle[llm]"')
    try:
        key = llm.key()
    except UserError as error:
        yield Finding(name, "fails", str(error))
        return
    for prompt in prompts:
        try:
            read_prompt(prompt)
        except UserError as error:
            yield Finding(name, "fails", str(error))
    yield _ask(name, llm.base_url, llm.model, key if llm.key_variable else None)


def _ask(name: str, url: str, model: str, key: str | None) -> Finding:
    address = f"{url.rstrip('/')}/models"
    try:
        request = Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})
        with urlopen(request, timeout=TIMEOUT) as response:
            served = [str(each["id"]) for each in json.load(response)["data"]]
    except HTTPError as error:
        if error.code == 404:  # some servers do not list their models
            return Finding(name, "note", f"{url} answers, and does not say what it serves")
        hint = ": is the key right?" if error.code in (401, 403) else ""
        return Finding(name, "fails", f"{address}: {error.code} {error.reason}{hint}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        cause = getattr(error, "reason", None) or error
        return Finding(name, "fails", f"no server answers at {url} ({cause}); see docs/serving.md")
    if model and served and model not in served:
        return Finding(name, "fails", f"{url} does not serve {model}; it has {', '.join(served)}")
    return Finding(name, "ok", f"{url} serves {model}")


def _memory(config: Config, experts: Sequence[Expert[Any]]) -> Iterator[Finding]:
    decided = {
        role: {**config.experts.get(role, {}), "backend": AUTO[role][0]}
        for role, backend in config.roles().items()
        if backend == "auto"
    }
    chains = works(config.model_copy(update={"experts": {**config.experts, **decided}}), "annotate")
    needs = {chain.name: memory_of(chain.experts) for chain in chains}  # type: ignore[attr-defined]
    told = ", ".join(f"{name} {memory.ram:.1f}" for name, memory in needs.items())
    largest = max(memory.ram for memory in needs.values())
    here = ram()
    state: State = "fails" if largest > here else "ok"
    yield Finding("memory", state, f"{here:.0f} GB here; GB by worker: {told}")
    on_gpu = {name: memory.gpu for name, memory in needs.items() if memory.gpu}
    if on_gpu:
        yield _gpu(config, experts, on_gpu)


def _gpu(config: Config, experts: Sequence[Expert[Any]], needs: dict[str, float]) -> Finding:
    told = "GB by worker: " + ", ".join(f"{name} {gpu:.1f}" for name, gpu in needs.items())
    found = gpus()
    if not found:
        forced = [e for e in experts if str(getattr(e, "device", "")).startswith("cuda")]
        if forced:
            return Finding("GPU", "fails", f"none here, but {forced[0].role} is set to a GPU")
        return Finding("GPU", "note", f"none here: these experts are slow without one; {told}")
    names = ", ".join(f"{name} ({size:.0f} GB)" for name, size in found)
    room = min(size for _, size in found)
    if max(needs.values()) > room:
        return Finding("GPU", "fails", f"{names}; {told}; set engine.gpu_gigabytes: {room:.0f}")
    return Finding("GPU", "ok", f"{names}; {told}")


def _ray(config: Config) -> Iterator[Finding]:
    address = config.engine.address
    if config.engine.kind != "ray" or address is None or address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=TIMEOUT):
            yield Finding("Ray", "note", f"{address} answers; its workers were not looked at")
    except (OSError, ValueError) as error:
        yield Finding("Ray", "fails", f"cannot reach {address}: {error}")


def _disk(experts: Iterable[Expert[Any]]) -> Iterator[Finding]:
    refs = {ref for expert in experts for ref in expert.models}
    missing = [row for row in map(models.listing, _known(refs)) if row.found is None]
    needed = sum(row.size or 0 for row in missing) / 1e9
    place = store()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    writable = os.access(place, os.W_OK)
    unknown = ", and more of unknown size" if any(row.size is None for row in missing) else ""
    told = f"{free:.0f} GB free in {store()}; weights to fetch: {needed:.1f} GB{unknown}"
    if not writable and missing:
        told = f"{place} cannot be written; AURICLE_STORE names another folder"
    failing = bool(missing) and (needed > free or not writable)
    yield Finding("disk", "fails" if failing else "ok", told)


def _known(refs: Iterable[str]) -> Iterator[str]:
    for ref in sorted(refs):
        try:
            models.listing(ref)
        except UserError:
            continue
        yield ref


def _by(experts: Iterable[Expert[Any]], what: Any) -> dict[str, list[str]]:
    """Return, by package or model, the roles that ask for it."""
    users: dict[str, list[str]] = {}
    for each in experts:
        for name in what(each):
            roles = users.setdefault(name, [])
            if each.role not in roles:
                roles.append(each.role)
    return users
