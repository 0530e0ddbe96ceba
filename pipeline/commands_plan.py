"""What `auricle plan` does: reads what was said, asks for a forecast, prints it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from auricle.pipeline.config import Config, load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.forecast.forecast import decided, forecast
from auricle.pipeline.forecast.parts import Wanted
from auricle.pipeline.forecast.sample import Sample
from auricle.pipeline.forecast.table import told
from auricle.pipeline.llm.settings import LlmSettings, Price
from auricle.pipeline.run import saved_config
from auricle.pipeline.terminal import console, print_json
from auricle.schemas.errors import UserError


def plan(
    uri: str | None,
    path: str | None,
    speeds: Sequence[str],
    prices: Sequence[str],
    as_json: bool,
    **wanted: Any,
) -> None:
    """Print what a run takes, from a sample at `uri` or from speeds, with the settings at `path`.

    Raises:
        UserError: there is no dataset, or the forecast cannot be made.
    """
    saved = None
    if uri is not None:
        saved = saved_config(Dataset(uri))
        if saved is None:
            raise UserError(f"{uri}: no dataset here; make a small one with `auricle run`")
    config = load_config(path) if path or saved is None else saved
    config = _priced(decided(config, saved), prices)
    sample = Sample(Dataset(uri), saved) if uri and saved else None
    made = forecast(config, Wanted(**wanted, speeds=dict(map(_speed, speeds))), sample)
    if as_json:
        print_json(dataclasses.asdict(made))
    else:
        console.print(told(made), soft_wrap=True)


def _speed(given: str) -> tuple[str, float]:
    name, _, value = given.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UserError(f"--speed {given}: write STAGE=CLIPS_PER_SECOND, as in hear=12.5") from None


def _priced(config: Config, prices: Sequence[str]) -> Config:
    """Return a configuration with the prices of the command line."""
    models = [name for name in (config.llm.model, config.judge.llm.model) if name]
    found = {}
    for given in prices:
        name, _, value = given.rpartition("=")
        try:
            paid, answer = map(float, value.split("/"))
        except ValueError:
            raise UserError(
                f"--price {given}: write MODEL=IN/OUT, USD for a million tokens, as in r1=0.28/0.42"
            ) from None
        if name not in models:
            there = ", ".join(models) or "none: writer is rules"
            raise UserError(f"--price {name}: no such model in the configuration; there is {there}")
        found[name] = Price(input=paid, output=answer)

    def priced(llm: LlmSettings) -> LlmSettings:
        return llm.model_copy(update={"prices": {**llm.prices, **found}})

    judge = config.judge.model_copy(update={"llm": priced(config.judge.llm)})
    return config.model_copy(update={"llm": priced(config.llm), "judge": judge})
