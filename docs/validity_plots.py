"""The plots of docs/validity.md, as SVG that is readable on light and dark ground."""

from __future__ import annotations

import math
from collections.abc import Iterable

STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { fill: #24292f; font-weight: 600 }
.frame { fill: none; stroke: #8c959f; stroke-opacity: .5 }
.fid { stroke: #0969da; fill: #0969da } .kid { stroke: #bc4c00; fill: #bc4c00 }
path { fill: none !important; stroke-width: 1.8 } .kid-line { stroke-dasharray: 5 3 }
text.fid, text.kid { stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #9da7b1 } .title { fill: #e6edf3 }
  .fid { stroke: #58a6ff; fill: #58a6ff } .kid { stroke: #f0883e; fill: #f0883e }
}"""

Curves = dict[str, dict[str, list[list[float]]]]  # by set and damage: FID and KID by degree


def curves_plot(curves: Curves, width: int = 130, height: int = 86) -> str:
    """A row a set, a panel a damage; each distance as a share of its largest, so that shapes can be compared."""
    damages, left, top = list(next(iter(curves.values()))), 70, 46
    parts = []
    for column, damage in enumerate(damages):
        parts.append(text(left + column * (width + 12) + width / 2, top - 10, damage, "title"))
    for row, (name, by_damage) in enumerate(curves.items()):
        y = top + row * (height + 14)
        parts.append(text(left - 10, y + height / 2 + 4, name, "title", "end"))
        for column, damage in enumerate(damages):
            x = left + column * (width + 12)
            parts.append(f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}"/>')
            for kind, values in zip(("fid", "kid"), zip(*by_damage[damage], strict=True), strict=True):
                parts += line(kind, values, x + 8, y + 8, width - 16, height - 16)
    right, bottom = left + len(damages) * (width + 12), top + len(curves) * (height + 14)
    parts += [text(left, 16, "FID", "fid", "start"), text(left + 34, 16, "KID (dashed)", "kid", "start")]
    parts.append(text(left + 124, 16, "each over its largest, square root; unspoiled, then four degrees", "", "start"))
    return svg(right, bottom + 4, parts)


def ranks_plot(told: dict[str, list[list]], ranks: dict[str, list[float]], side: int = 250) -> str:
    """A panel a set: FID on a logarithmic scale against the exact coverage of each generator."""
    parts, left, top = [], 56, 30
    for column, (name, (covered, distances)) in enumerate(told.items()):
        x, fids = left + column * (side + 50), [fid for fid, _ in distances]
        low, high = math.floor(math.log10(min(fids)) * 4) / 4, math.ceil(math.log10(max(fids)) * 4) / 4
        parts.append(text(x + side / 2, top - 10, f"{name}: {ranks[name][0]:.3f}", "title"))
        parts.append(f'<rect class="frame" x="{x}" y="{top}" width="{side}" height="{side}"/>')
        for share in (0, 0.5, 1):
            parts.append(text(x + 8 + share * (side - 16), top + side + 16, f"{share:g}"))
        for power in (low, (low + high) / 2, high):
            y = top + side - 8 - (power - low) / (high - low) * (side - 16)
            parts.append(text(x - 6, y + 4, f"{10**power:.3g}", "", "end"))
        for cover, fid in zip(covered, fids, strict=True):
            cx = x + 8 + cover * (side - 16)
            cy = top + side - 8 - (math.log10(fid) - low) / (high - low) * (side - 16)
            parts.append(f'<circle class="fid" cx="{cx:.1f}" cy="{cy:.1f}" r="3" fill-opacity=".6"/>')
        parts.append(text(x + side / 2, top + side + 34, "coverage"))
    parts.append(text(8, 16, "FID", "fid", "start"))
    return svg(left + len(told) * (side + 50) - 34, top + side + 44, parts)


def line(kind: str, values: Iterable[float], x: float, y: float, width: float, height: float) -> list[str]:
    """One distance over the degrees; a KID below 0 is drawn at 0."""
    values = list(values)
    heights = [math.sqrt(max(value, 0) / max(values)) for value in values]
    points = [(x + i / (len(values) - 1) * width, y + (1 - share) * height) for i, share in enumerate(heights)]
    way = " L".join(f"{a:.1f} {b:.1f}" for a, b in points)
    dots = [f'<circle class="{kind}" cx="{a:.1f}" cy="{b:.1f}" r="2.2"/>' for a, b in points]
    return [f'<path class="{kind} {kind}-line" d="M{way}"/>', *dots]


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def svg(width: float, height: float, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>"]) + "\n"
