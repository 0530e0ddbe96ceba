"""The report as one HTML page: templates, charts, and a browser of clips. It needs no network."""

import base64
from collections.abc import Iterator
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.privacy import private_clip
from auricle.pipeline.report.clip import known_data
from auricle.pipeline.report.figures import Figures, figures
from auricle.pipeline.report.sample import sample
from auricle.pipeline.report.sections import sections
from auricle.pipeline.report.server import TOKEN
from auricle.pipeline.report.sound import mp3
from auricle.pipeline.report.spectrogram import png
from auricle.pipeline.show import known_clips
from auricle.pipeline.stage_settings import PrivacySettings
from auricle.pipeline.version import VERSION


def page(data: Dataset, clips: int, privacy: PrivacySettings) -> str:
    """Return a page that holds at most so many clips with their sound.

    Raises:
        UserError: there is no dataset here.
    """
    told = figures(data)
    held = list(_held(data, clips, privacy))
    if len(held) == told.clips:
        sampled = f"All {told.clips:,} clips."
    else:
        sampled = (
            f"{len(held):,} of {told.clips:,} clips: those of each domain, split and reason took "
            "turns, so rare ones are more frequent here than in the set. auricle report --serve "
            "shows all."
        )
    setup = {"server": False, "clips": held, "of": told.clips}
    return _rendered(data, told, setup, sampled)


def served_page(data: Dataset) -> str:
    """Return the page of a server, which asks it for clips.

    Raises:
        UserError: there is no dataset here.
    """
    told = figures(data)
    setup = {"server": True, "token": TOKEN, "of": told.clips}
    return _rendered(data, told, setup, f"All {told.clips:,} clips.")


def _rendered(data: Dataset, told: Figures, setup: dict[str, Any], sampled: str) -> str:
    from jinja2 import Environment, StrictUndefined

    files = resources.files("auricle.pipeline.report")
    kit = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    kit.filters["told"] = _told
    template = kit.from_string(files.joinpath("page.html.j2").read_text("utf-8"))
    return template.render(
        name=PurePosixPath(data.storage.root).name,
        version=VERSION,
        sections=sections(told),
        server=setup["server"],
        setup=setup,
        sampled=sampled,
        css=files.joinpath("page.css").read_text("utf-8"),
        script=files.joinpath("page.js").read_text("utf-8"),
    )


def _held(data: Dataset, clips: int, privacy: PrivacySettings) -> Iterator[dict[str, Any]]:
    """Yield clips as the page embeds them, with sound and picture."""
    for shard, places in sample(data, clips):
        sounds = data.table("clips", shard, ["audio"])["audio"].take(places).to_pylist()
        for known, flac in zip(known_clips(data, shard, places), sounds, strict=True):
            yield {
                **private_clip(known_data(known), privacy),
                "audio": _address("audio/mpeg", mp3(flac)),
                "spectrogram": _address("image/png", png(flac)),
            }


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _told(value: Any) -> str:
    """Return a number as people read it."""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "" if value is None else str(value)
