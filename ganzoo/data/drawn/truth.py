"""What is true of drawn pictures: chosen by chance, an attribute a column, and told in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ganzoo.data.drawn.chance import between, choice

Attributes = dict[str, np.ndarray]  # by name, one row a picture: int64 [n] into the names, float32 [n] in the range
Names = Mapping[str, tuple[str, ...]]  # of the values of a categorical attribute
Ranges = Mapping[str, tuple[float, float]]  # of a continuous one, [low, high)


def choose(indices: np.ndarray, seed: int, names: Names, ranges: Ranges) -> Attributes:
    """Every value as likely as the others and every attribute independent: a function of (seed, index)."""
    known: Attributes = {name: choice(indices, seed, name, len(values)) for name, values in names.items()}
    for name, (low, high) in ranges.items():
        known[name] = between(indices, seed, name, low, high).astype(np.float32)
    return known


def said(known: Attributes, names: Names) -> Iterator[dict[str, str]]:
    """The categorical attributes of each picture by their names."""
    for row in zip(*(known[name] for name in names), strict=True):
        yield {name: names[name][value] for name, value in zip(names, row, strict=True)}


def a(phrase: str) -> str:
    """The phrase behind its article."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
