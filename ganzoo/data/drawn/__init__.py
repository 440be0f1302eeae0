"""Sets made by code: no download, no licence, and the truth of every example known.

``canvas``, ``shapes``, ``colour``, ``tone``, ``backdrop``, ``wardrobe``, ``truth`` and ``chance`` are shared by all
drawings; a drawing is a package such as ``faces`` that follows `source.Drawing`. Where a set is called like a module
its function is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganzoo.data.drawn.points import MixtureSource
    from ganzoo.data.drawn.source import DrawnSource
    from ganzoo.data.source import PairSource


def anime(split: str = "train") -> DrawnSource:
    """Anime faces: 20,000 to train on, 2,000 held out (``test``)."""
    from ganzoo.data.drawn import faces
    from ganzoo.data.drawn.source import DrawnSource

    return DrawnSource(faces).split(split)


def animal_faces(split: str = "train") -> DrawnSource:
    """The set `animals`, faces of ten species: 20,000 to train on, 2,000 held out (``test``)."""
    from ganzoo.data.drawn import animals
    from ganzoo.data.drawn.source import DrawnSource

    return DrawnSource(animals).split(split)


def captioned_shapes(split: str = "train") -> DrawnSource:
    """The set `shapes`, one figure before a background: 20,000 to train on, 2,000 held out (``test``)."""
    from ganzoo.data.drawn import figures
    from ganzoo.data.drawn.source import DrawnSource

    return DrawnSource(figures).split(split)


def ring(split: str = "train") -> MixtureSource:
    """Points from 8 Gaussians on a circle: 100,000 to train on, 10,000 held out (``test``)."""
    from ganzoo.data.drawn.points import ring_source

    return ring_source().split(split)


def grid(split: str = "train") -> MixtureSource:
    """Points from 25 Gaussians on a square grid: 100,000 to train on, 10,000 held out (``test``)."""
    from ganzoo.data.drawn.points import grid_source

    return grid_source().split(split)


def swap(split: str = "train") -> PairSource:
    """Red and blue shapes, unpaired: 10,000 of each to train on, 1,000 true pairs held out (``test``)."""
    from ganzoo.data.drawn.pair import swap_source

    return swap_source().split(split)
