"""The interval plot: a line a contender, with every seed, their mean and their standard deviation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganzoo.score.report.contender import Contender
from ganzoo.score.report.figures import common_decimals, figure, spread
from ganzoo.score.report.markup import Markup, element
from ganzoo.score.report.scale import Scale

HEIGHT, MIDDLE = 34, 17  # of a line, pixels
BAND, TICK = 12, 20


def intervals(entries: Sequence[Contender]) -> Markup:
    """All contenders that were scored, on one axis. Places are in percent, so that it fits any width."""
    told = [entry for entry in entries if entry.row.runs]
    decimals = common_decimals(entry.row.value for entry in told)
    scale = Scale.over(value for entry in told for value in _reach(entry))
    lines = [_line(entry, scale, decimals) for entry in told]
    axis = element(
        "div", element("svg", *_axis(scale), width="100%", height=24, aria_hidden="true"), class_="line axis"
    )
    return element("div", *lines, axis, class_="intervals")


def key() -> Markup:
    """What the signs mean."""
    seed = element("svg", _dot(8), width=16, height=HEIGHT, aria_hidden="true")
    mean = element("svg", _tick(8), width=16, height=HEIGHT, aria_hidden="true")
    band = element("svg", _band(0, 28), width=28, height=HEIGHT, aria_hidden="true")
    pairs = ((seed, "one seed"), (mean, "mean"), (band, "± 1 standard deviation"))
    return element("p", *(element("span", sign, text) for sign, text in pairs), class_="key c-ink")


def _line(entry: Contender, scale: Scale, decimals: int | None) -> Markup:
    row = entry.row
    values = [seed.value for seed in entry.seeds if seed.value is not None]
    finite = [value for value in values if math.isfinite(value)]
    beside = spread(row.value, row.std, decimals)
    told = f"{row.name}: {figure(row.value, decimals)}{beside}; seeds {', '.join(map(figure, values))}"
    drawn = [element("title", told), *_grid(scale)]
    if entry.rank and row.value is not None and len(values) > 1:
        if row.std:
            left, right = scale.at(row.value - row.std), scale.at(row.value + row.std)
            drawn.append(_band(_percent(max(left, 0.0)), _percent(right - max(left, 0.0))))
        drawn.append(_tick(_percent(scale.at(row.value))))
    drawn += [_dot(_percent(scale.at(value))) for value in finite]
    failed = len(values) - len(finite)
    note = element("small", f"{failed} of {len(values)} not finite") if failed else None
    return element(
        "div",
        element("span", entry.badge(), element("span", row.name, class_="name", title=row.name), class_="who"),
        element("svg", *drawn, width="100%", height=HEIGHT, role="img", class_=entry.tint),
        element("span", element("strong", figure(row.value, decimals)), beside, note, class_="value"),
        class_="line",
    )


def _reach(entry: Contender) -> list[float]:
    """Everything of a contender that has to be on the axis; its deviation only where it does not cross zero."""
    row = entry.row
    values = [seed.value for seed in entry.seeds if seed.value is not None]
    if row.std and row.value is not None:
        values += [edge for edge in (row.value - row.std, row.value + row.std) if edge > 0 or min(values) <= 0]
    return values


def _axis(scale: Scale) -> list[Markup]:
    return [
        element("text", text, x=_percent(scale.at(value)), y=16, text_anchor="middle") for value, text in scale.marks()
    ]


def _grid(scale: Scale) -> list[Markup]:
    places = [_percent(scale.at(value)) for value, _ in scale.marks()]
    return [element("line", x1=place, x2=place, y1=0, y2=HEIGHT, class_="grid") for place in places]


def _dot(x: object) -> Markup:
    return element("circle", cx=x, cy=MIDDLE, r=4, class_="seed")


def _tick(x: object) -> Markup:
    return element("line", x1=x, x2=x, y1=MIDDLE - TICK / 2, y2=MIDDLE + TICK / 2, class_="mean")


def _band(x: object, width: object) -> Markup:
    return element("rect", x=x, width=width, y=MIDDLE - BAND / 2, height=BAND, rx=2, class_="band")


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}%"
