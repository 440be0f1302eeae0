"""Curves over training: a line a contender, thin ones for its seeds, labelled where they end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ganzoo.score.ranking import Point, Ranking
from ganzoo.score.report.contender import Contender
from ganzoo.score.report.figures import duration_unit, figure
from ganzoo.score.report.markup import Markup, element, joined
from ganzoo.score.report.scale import Scale

TALL, WIDE = 320, 1000  # the plot is as many pixels high, and stretched to any width
APART = 17  # pixels between labels
LONGEST = 17  # letters of a label
MOST_DOTS = 16  # checkpoints that are dotted; more would hide the line

Line = list[tuple[float, float]]  # x in the axis' unit, value


@dataclass(frozen=True)
class Axis:
    """What curves run along."""

    title: str
    unit: float
    of: Callable[[Point], float]

    def line(self, curve: Sequence[Point]) -> Line:
        return [(self.of(point) / self.unit, point.value) for point in curve]


def curves(ranking: Ranking, entries: Sequence[Contender], name: str) -> Markup | None:
    """Two charts, along images and along time; None where no run was scored more than once.

    ``name`` begins the ids of the elements, and is unique on the page.
    """
    told = [entry for entry in entries if entry.row.runs]
    points = [point for entry in told for run in entry.row.runs for point in run.curve]
    if all(len(run.curve) < 2 for entry in told for run in entry.row.runs):
        return None
    unit, unit_name = duration_unit(max(point.seconds for point in points))
    axes = (
        Axis("images shown", 1.0, lambda point: point.images),
        Axis(f"{unit_name} of training", unit, lambda point: point.seconds),
    )
    values = Scale.over(point.value for point in points)
    charts = [_chart(ranking, told, axis, values, f"{name}-{at}") for at, axis in enumerate(axes)]
    legend = [element("li", entry.badge(), element("span", entry.row.name, class_="name")) for entry in told]
    return joined(element("div", *charts, class_="pair"), element("ul", *legend, class_="legend"))


def _chart(ranking: Ranking, entries: Sequence[Contender], axis: Axis, y: Scale, name: str) -> Markup:
    lines = [[axis.line(run.curve) for run in entry.row.runs] for entry in entries]
    x = Scale.over((place for seeds in lines for line in seeds for place, _ in line), from_zero=True)
    height = max(TALL, APART * len(entries))
    plane = _Plane(x, y, height)
    means = [_mean(seeds) for seeds in lines]
    groups = [plane.curve(*each) for each in zip(entries, lines, means, strict=True)]
    ends = [_end(mean or seeds[0]) for seeds, mean in zip(lines, means, strict=True)]
    labels = plane.labels(entries, ends)
    what = f"{ranking.metric} over {axis.title}"
    told = "; ".join(
        f"{entry.row.name} ends at {figure(entry.row.last)}, best {figure(entry.row.best)}" for entry in entries
    )
    svg = element(
        "svg",
        element("title", what, id_=f"{name}-title"),
        element("desc", f"{told}.", id_=f"{name}-desc"),
        *plane.frame(axis.title),
        *reversed(groups),  # the best on top
        labels,
        role="img",
        width="100%",
        height=height,
        aria_labelledby=f"{name}-title {name}-desc",
    )
    scaled = ", log scale" if y.log else ""
    note = f"{ranking.metric}{scaled}; {ranking.better} is better"
    caption = element("figcaption", element("b", f"Over {axis.title}"), element("span", note))
    return element("figure", caption, element("div", svg, class_="plot"), class_="chart")


@dataclass(frozen=True)
class _Plane:
    """Two scales on a plot that is ``height`` pixels high and any width wide."""

    x: Scale
    y: Scale
    height: float

    def across(self, value: float) -> str:
        return f"{100 * self.x.at(value):.2f}%"

    def down(self, value: float) -> float:
        return round(self.height * (1 - self.y.at(value)), 1)

    def frame(self, title: str) -> list[Markup]:
        """Marks of both axes."""
        drawn = []
        for value, text in self.y.marks():
            down = self.down(value)
            drawn.append(element("line", x1=0, x2="100%", y1=down, y2=down, class_="grid"))
            drawn.append(element("text", text, x=-8, y=down, dy=".35em", text_anchor="end"))
        for value, text in self.x.marks():
            place = self.across(value)
            drawn.append(element("line", x1=place, x2=place, y1=self.height, y2=self.height + 5, class_="axis"))
            drawn.append(element("text", text, x=place, y=self.height + 19, text_anchor="middle"))
        drawn.append(element("line", x1=0, x2="100%", y1=self.height, y2=self.height, class_="axis"))
        drawn.append(element("text", title, x="100%", y=self.height + 38, text_anchor="end", class_="title"))
        return drawn

    def curve(self, entry: Contender, seeds: Sequence[Line], mean: Line | None) -> Markup:
        """Thin lines for seeds and a strong one for their mean; a line breaks where a value is not finite."""
        alone = len(seeds) == 1
        thin = [] if alone else [self._path(line, "thin") for line in seeds]
        strong = self._path(mean, "strong") if mean else None
        # Only what is stretched lies in the inner picture: text and dots keep their shape outside of it.
        box = f"0 0 {WIDE} {self.height:g}"
        lines = element("svg", *thin, strong, viewBox=box, preserveAspectRatio="none", width="100%", height="100%")
        told = f"{entry.row.name}: {figure(entry.row.value)}"
        dotted = mean if mean and len(mean) <= MOST_DOTS else ()
        dots = [self._dot(point, 3) for point in dotted if math.isfinite(point[1])]
        return element("g", element("title", told), lines, *dots, class_=f"curve {entry.tint}")

    def labels(self, entries: Sequence[Contender], ends: Sequence[tuple[float, float] | None]) -> Markup:
        """Numbers and names right of the plot, apart from each other, each tied to the end of its curve."""
        known = [(entry, end) for entry, end in zip(entries, ends, strict=True) if end]
        places = _spread([self.down(end[1]) for _, end in known], self.height)
        drawn = []
        for (entry, end), place in zip(known, places, strict=True):
            down = self.down(end[1])
            ahead = element("line", x1=self.across(end[0]), x2="100%", y1=down, y2=down, class_="ahead")
            tie = element("line", x1=2, x2=14, y1=down, y2=place, class_="tie")
            name = element("tspan", f" {_cut(entry.row.name)}", class_="name")
            text = element("text", element("tspan", entry.mark, class_="mark"), name, x=18, y=place, dy=".35em")
            outside = element("svg", tie, text, x="100%", width=1, height=1, overflow="visible")
            drawn.append(element("g", ahead, self._dot(end, 4.5), outside, class_=entry.tint))
        return element("g", *drawn, class_="labels")

    def _dot(self, point: tuple[float, float], radius: float) -> Markup:
        return element("circle", cx=self.across(point[0]), cy=self.down(point[1]), r=radius)

    def _path(self, line: Line, kind: str) -> Markup:
        steps, pen = [], "M"
        for place, value in line:
            if math.isfinite(value):
                steps.append(f"{pen}{WIDE * self.x.at(place):.1f} {self.down(value):g}")
            pen = "L" if math.isfinite(value) else "M"
        return element("path", d=" ".join(steps), class_=kind, vector_effect="non-scaling-stroke")


def _mean(seeds: Sequence[Line]) -> Line | None:
    """Checkpoint by checkpoint; None where runs have not equally many of them."""
    if len({len(line) for line in seeds}) > 1:
        return None
    return [(fmean(x for x, _ in points), fmean(y for _, y in points)) for points in zip(*seeds, strict=True)]


def _end(line: Line) -> tuple[float, float] | None:
    return next((point for point in reversed(line) if math.isfinite(point[1])), None)


def _spread(wanted: Sequence[float], height: float) -> list[float]:
    """Places as near to the wanted ones as they can be `APART` from each other and inside."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    places = [0.0] * len(wanted)
    free = 0.0
    for at in order:
        places[at] = max(wanted[at], free)
        free = places[at] + APART
    most = height
    for at in reversed(order):
        places[at] = min(places[at], most)
        most = places[at] - APART
    return places


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
