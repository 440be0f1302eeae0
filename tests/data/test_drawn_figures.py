"""Drawn figures: every word of a caption is true, and seen in the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ganzoo.data.captions import words_of
from ganzoo.data.drawn import figures
from ganzoo.data.drawn.figures import INK, NAMES
from ganzoo.data.drawn.figures.attributes import COLOURS, RANGES
from ganzoo.data.drawn.figures.outlines import OUTLINES

SMALL, LARGE = {"small", "little", "tiny"}, {"large", "big", "huge"}
FILLING = {"a", "an", "and", "at", "behind", "background", "in", "is", "it", "on", "the"}


def known(n: int, seed: int = 0, **fixed) -> dict[str, np.ndarray]:
    """Attributes of n figures, some of them the same for all; categorical ones by name."""
    chosen = figures.attributes(np.arange(n), seed)
    for name, value in fixed.items():
        value = NAMES[name].index(value) if isinstance(value, str) else value
        chosen[name] = np.broadcast_to(np.asarray(value, dtype=chosen[name].dtype), (n,)).copy()
    return chosen


def inside(chosen: dict[str, np.ndarray], size: int, margin: float = -0.09) -> np.ndarray:
    """Which pixels lie within the figure and its margin, bool [n, size, size], from its attributes alone."""
    centres = (np.arange(size) + 0.5) / size
    x = (centres[None, None, :] - chosen["x"][:, None, None]) / chosen["radius"][:, None, None]
    y = (centres[None, :, None] - chosen["y"][:, None, None]) / chosen["radius"][:, None, None]
    angle = 2 * np.pi * chosen["tilt"][:, None, None]
    x, y = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    distance = np.stack(
        [OUTLINES[NAMES["shape"][shape]](*(np.float32(part[i : i + 1]) for part in (x, y)))[0]
         for i, shape in enumerate(chosen["shape"])]
    )  # fmt: skip
    return distance < margin


def test_a_figure_never_has_the_colour_of_its_background():
    chosen = known(20_000)
    table = np.zeros((len(COLOURS), len(COLOURS)))
    np.add.at(table, (chosen["colour"], chosen["background"]), 1)
    assert not table.diagonal().any()
    others = table[~np.eye(len(COLOURS), dtype=bool)]
    assert np.abs(others - 20_000 / 56).max() < 5 * np.sqrt(20_000 / 56)


def test_a_figure_lies_wholly_in_the_picture_where_its_words_say():
    chosen = known(20_000)
    for axis, line in (("x", "column"), ("y", "row")):
        place, reach = chosen[axis], 1.05 * chosen["radius"]
        assert (place - reach).min() > 0
        assert (place + reach).max() < 1
        for word, low, high in ((0, 0.0, 0.40), (1, 0.46, 0.54), (2, 0.60, 1.0)):
            said = place[chosen[line] == word]
            assert low <= said.min() <= said.max() <= high
    small = chosen["size"] == NAMES["size"].index("small")
    assert chosen["radius"][small].max() * 1.5 < chosen["radius"][~small].min()


def test_every_word_of_a_caption_is_true():
    chosen = known(2000)
    wordings = set()
    for i, (plain, told) in enumerate(figures.captions(chosen)):
        value = {name: values[chosen[name][i]] for name, values in NAMES.items()}
        assert plain.split()[-2:] == [value["background"], "background"]
        places = {"top": value["row"], "bottom": value["row"], "left": value["column"], "right": value["column"]}
        for text in (plain, told):
            colours = [word for word in words_of(text) if word in COLOURS]
            assert sorted(colours) == sorted([value["colour"], value["background"]])
            for word in set(words_of(text)) - FILLING - set(COLOURS):
                if word in SMALL | LARGE:
                    assert value["size"] == ("small" if word in SMALL else "large")
                elif word in places:
                    assert places[word] == word
                elif word == "middle":
                    assert (value["row"], value["column"]) == ("middle", "middle")
                else:
                    assert word == value["shape"]
        assert f"{value['colour']} {value['shape']} on a" in plain
        assert value["background"] != value["colour"]
        on = told.startswith(f"on {value['background']}, ")
        behind = told.endswith(f", {value['background']} behind it")
        assert on or behind or told.startswith(f"the background is {value['background']} and ")
        assert len({"top", "bottom", "left", "right", "middle"} & set(words_of(told))) == max(
            1, (value["row"] != "middle") + (value["column"] != "middle")
        )
        wordings.add((on, behind))
    assert len(wordings) == 3


def test_the_label_is_the_shape():
    chosen = known(50)
    assert np.array_equal(figures.labels(chosen), chosen["shape"])
    assert tuple(OUTLINES) == figures.CLASSES
    assert len(OUTLINES) == 8


@pytest.mark.parametrize("name", [*(name for name in NAMES if name != "wording"), *RANGES, "x", "y", "radius"])
def test_every_attribute_is_seen(name):
    """Of two pictures that differ in one attribute only, enough pixels differ."""
    low, high = RANGES.get(name, (0.14, 0.2) if name == "radius" else (0.4, 0.5))
    if name in NAMES:
        kinds = range(len(NAMES[name]))
        pictures = [figures.draw(_only(name, kind), 32).astype(int) for kind in kinds]
    else:
        values = (low, (low + high) / 2 if "turn" in name else high)
        pictures = [figures.draw(known(24, **{name: value}), 32).astype(int) for value in values]
    for one, two in itertools.combinations(pictures, 2):
        differ = (np.abs(one - two).max(axis=1) > 4).sum(axis=(1, 2))
        assert np.median(differ) >= 3


def _only(name: str, kind: int) -> dict[str, np.ndarray]:
    """Figures of one value; of a size or a place, those among many that have it."""
    if name in ("size", "row", "column"):
        chosen = known(400)
        return {each: rows[chosen[name] == kind][:24] for each, rows in chosen.items()}
    return known(24, **{name: kind})


@pytest.mark.parametrize("size", [32, 64])
def test_both_colours_are_read_off_the_picture(size):
    """The nearest of the colours' own means, within the figure and far from it."""
    chosen = known(1000, seed=2)
    pictures = figures.draw(chosen, size).astype(np.float64)
    within = inside(chosen, size)
    centres = (np.arange(size) + 0.5) / size
    away = np.maximum(
        np.abs(centres[None, None, :] - chosen["x"][:, None, None]),
        np.abs(centres[None, :, None] - chosen["y"][:, None, None]),
    )
    outside = away > 1.4 * chosen["radius"][:, None, None]
    for name, region in (("colour", within), ("background", outside)):
        seen = np.array([picture[:, part].mean(axis=1) for picture, part in zip(pictures, region, strict=True)])
        means = np.stack([seen[:500][chosen[name][:500] == k].mean(axis=0) for k in range(len(COLOURS))])
        nearest = np.argmin(((seen[500:, None] - means) ** 2).sum(-1), axis=1)
        assert (nearest == chosen[name][500:]).mean() > 0.99


def test_the_shape_is_read_off_the_silhouette():
    """Of all shapes in the same place, the one said covers the pixels that have the figure's colour best."""
    chosen = known(400, seed=4)
    pictures = figures.draw(chosen, 64).astype(np.float64)
    fits = []
    corner = pictures[:, :, ::63, ::63].mean(axis=(2, 3))
    differ = np.linalg.norm(pictures - corner[:, :, None, None], axis=1) > 60
    for shape in range(len(OUTLINES)):
        mask = inside(chosen | {"shape": np.full(400, shape)}, 64, margin=INK)
        fits.append((mask & differ).sum(axis=(1, 2)) / (mask | differ).sum(axis=(1, 2)))
    assert (np.argmax(fits, axis=0) == chosen["shape"]).mean() > 0.97
