"""Charts as SVG that stands in a page: drawn by Vega-Lite, readable by eye and by screen reader.

Colours are variables of the page, so that one drawing serves light and dark. Each chart carries
its numbers as a table as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_WIDTH = 340
_BAR = 20
"""Pixels that a bar and the space beside it take."""
_AXIS = {
    "labelColor": "currentColor",
    "titleColor": "currentColor",
    "domainColor": "var(--line)",
    "tickColor": "var(--line)",
    "gridColor": "var(--line)",
    "titleFontWeight": "normal",
    "labelFontSize": 11,
    "labelLimit": 150,
}
_CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": {"labelColor": "currentColor", "title": None, "orient": "top"},
}
Told = str | int | float


class Chart(NamedTuple):
    """A chart: its title, the drawing, and its numbers with the names of their columns."""

    title: str
    svg: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Told, ...]]


def bars(title: str, counts: Mapping[str, float], unit: str) -> Chart:
    """Return horizontal bars in the order given."""
    values = [{"name": name, "value": value} for name, value in counts.items()]
    spec = {
        "data": {"values": values},
        "height": _BAR * len(values),
        "mark": {"type": "bar", "color": "var(--one)"},
        "encoding": {"y": _names("name"), "x": _amount("value", unit)},
    }
    return Chart(title, _drawn(spec), ("", unit), [(k, _short(v)) for k, v in counts.items()])


def beside(title: str, ours: Mapping[str, float], mecat: Mapping[str, float], unit: str) -> Chart:
    """Return two bars for each name: this set's and MECAT's."""
    names = [name for name in mecat if name in ours] + [name for name in ours if name not in mecat]
    sides = {"this set": ours, "MECAT": mecat}
    values = [
        {"name": name, "set": side, "value": given[name]}
        for name in names
        for side, given in sides.items()
        if name in given
    ]
    spec = {
        "data": {"values": values},
        "height": {"step": _BAR / 2},
        "mark": "bar",
        "encoding": {
            "y": _names("name"),
            "yOffset": {"field": "set", "sort": list(sides)},
            "x": _amount("value", unit),
            "color": {
                "field": "set",
                "type": "nominal",
                "scale": {"domain": list(sides), "range": ["var(--one)", "var(--two)"]},
            },
        },
    }
    rows = [
        (name, *(_short(given[name]) if name in given else "" for given in sides.values()))
        for name in names
    ]
    return Chart(title, _drawn(spec), ("", *sides), rows)


def histogram(title: str, edges: Sequence[float], counts: Sequence[int], unit: str) -> Chart:
    """Return how many values lie between each two edges."""
    spans = list(zip(edges, edges[1:], counts, strict=False))
    values = [{"from": low, "to": high, "clips": count} for low, high, count in spans]
    spec = {
        "data": {"values": values},
        "height": 130,
        "mark": {"type": "bar", "color": "var(--one)"},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "bin": {"binned": True},
                "axis": {"title": unit, "grid": False},
            },
            "x2": {"field": "to"},
            "y": _amount("clips", "clips"),
        },
    }
    rows = [(f"{low:g} to {high:g}", count) for low, high, count in spans]
    return Chart(title, _drawn(spec), (unit, "clips"), rows)


def curves(
    title: str, lines: Mapping[str, Sequence[tuple[float, float]]], at: float, axes: tuple[str, str]
) -> Chart:
    """Return lines through points, and a rule at one place of the horizontal axis."""
    values = [{"line": name, "x": x, "y": y} for name, points in lines.items() for x, y in points]
    spec = {
        "height": 150,
        "layer": [
            {
                "data": {"values": values},
                "mark": "line",
                "encoding": {
                    "x": _amount("x", axes[0]),
                    "y": _amount("y", axes[1]),
                    "color": {
                        "field": "line",
                        "type": "nominal",
                        "scale": {"domain": list(lines), "range": ["var(--one)", "var(--two)"]},
                    },
                },
            },
            {
                "data": {"values": [{"x": at}]},
                "mark": {"type": "rule", "color": "currentColor", "strokeDash": [4, 4]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            },
        ],
    }
    rows = [(name, _short(x), _short(y)) for name, points in lines.items() for x, y in points]
    return Chart(title, _drawn(spec), ("", *axes), rows)


def _names(field: str) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "sort": None, "axis": {"title": None}}


def _amount(field: str, unit: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "axis": {"title": unit, "tickCount": 5}}


def _short(value: float) -> float:
    return value if isinstance(value, int) else round(value, 4)


def _drawn(spec: Mapping[str, Any]) -> str:
    import vl_convert

    fit = {"type": "fit-x", "contains": "padding"}
    whole = {"width": _WIDTH, "autosize": fit, "config": _CONFIG, **spec}
    return str(vl_convert.vegalite_to_svg(whole, vl_version="5.20"))
