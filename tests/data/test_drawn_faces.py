"""Drawn faces: what is said of them is seen in them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ganzoo.data.drawn import faces
from ganzoo.data.drawn.canvas import Canvas
from ganzoo.data.drawn.faces.attributes import HAIR_PHRASES, NAMES, RANGES
from ganzoo.data.drawn.faces.look import look_of


def known(n: int, seed: int = 0, **fixed) -> dict[str, np.ndarray]:
    """Attributes of n faces, some of them the same for all."""
    chosen = faces.attributes(np.arange(n), seed)
    for name, value in fixed.items():
        chosen[name] = np.broadcast_to(np.asarray(value, dtype=chosen[name].dtype), (n,)).copy()
    return chosen


def test_captions_say_what_the_attributes_are():
    chosen = known(500)
    for i, (short, long) in enumerate(faces.captions(chosen)):
        value = {name: values[chosen[name][i]] for name, values in NAMES.items()}
        hair = HAIR_PHRASES[value["hair_style"]].format(value["hair_colour"])
        assert short == f"a girl with {hair} and {value['eye_colour']} eyes, {value['mouth']}"
        assert long.startswith(f"a {value['mouth']} girl ")
        assert f"with {hair} and {value['eye_colour']} eyes" in long
        assert long.endswith(f"on a {value['background']} background")
        assert ("wearing" in long) == (value["accessory"] != "none")
        assert value["accessory"] in long or value["accessory"] == "none"


def test_the_label_is_the_colour_of_the_hair():
    chosen = known(50)
    assert np.array_equal(faces.labels(chosen), chosen["hair_colour"])
    assert len(faces.CLASSES) == 8


@pytest.mark.parametrize("name", [*NAMES, *RANGES])
def test_every_attribute_is_seen(name):
    """Of two pictures that differ in one attribute only, enough pixels differ."""
    n = 24
    plain = {"hair_style": NAMES["hair_style"].index("ponytail"), "accessory": NAMES["accessory"].index("ribbon")}
    low, high = RANGES.get(name, (0, 0))
    around = name in ("background_turn", "dress_hue", "accessory_hue")  # where the ends meet
    values = range(len(NAMES[name])) if name in NAMES else (low, (low + high) / 2 if around else high)
    pictures = [faces.draw(known(n, **(plain | {name: value})), 32).astype(int) for value in values]
    for one, two in itertools.combinations(pictures, 2):
        differ = (np.abs(one - two).max(axis=1) > 12).sum(axis=(1, 2))
        assert np.median(differ) >= 3


def mean_colour(chosen: dict[str, np.ndarray], pictures: np.ndarray, region) -> np.ndarray:
    """Mean colour [n, 3] of the pixels whose place on the head fulfils `region`."""
    x, y = Canvas.blank(len(pictures), pictures.shape[-1]).coordinates(look_of(chosen).head)
    weight = region(x, y).astype(np.float64)[:, None]
    assert weight.sum(axis=(1, 2, 3)).min() >= 2
    return (pictures * weight).sum(axis=(2, 3)) / weight.sum(axis=(2, 3))


def read(chosen: dict[str, np.ndarray], region, name: str, size: int = 32) -> float:
    """Share of faces whose value of an attribute is read off the mean colour of a region, by the nearest class mean."""
    colours = mean_colour(chosen, faces.draw(chosen, size), region)
    truth, half = chosen[name], len(colours) // 2
    means = np.stack([colours[:half][truth[:half] == k].mean(axis=0) for k in range(len(NAMES[name]))])
    return float((np.argmin(((colours[half:, None] - means) ** 2).sum(-1), axis=1) == truth[half:]).mean())


def test_the_colour_of_the_hair_is_read_off_the_top_of_the_head():
    assert read(known(1200), lambda x, y: (np.abs(x) < 0.5) & (np.abs(y + 0.85) < 0.25), "hair_colour") > 0.97


def test_the_colour_of_the_eyes_is_read_off_them_at_32_pixels():
    def irises(x, y):
        return np.square((np.abs(x) - 0.44) / 0.26) + np.square((y - 0.30) / 0.30) < 1

    assert read(known(1200), irises, "eye_colour") > 0.6
    assert read(known(1200, skin=0.2, turn=0, gaze=0, eye_slant=0, accessory=0), irises, "eye_colour") > 0.9


def test_the_background_is_read_off_its_upper_corners():
    def corners(x, y):
        return (np.abs(x) > 1.35) & (y < -0.9)

    assert read(known(1200, accessory=0), corners, "background") > 0.9


def test_the_skin_darkens_from_pale_to_dark():
    def cheeks(x, y):
        return (np.abs(x) < 0.35) & (np.abs(y - 0.62) < 0.12)

    chosen = known(400, blush=0)
    light = mean_colour(chosen, faces.draw(chosen, 32), cheeks).mean(axis=1)
    quarter = (chosen["skin"] * 4).astype(int)
    assert (np.diff([light[quarter == k].mean() for k in range(4)]) < -5).all()


def test_the_head_is_where_it_is_said_to_be():
    """Moving a face by whole pixels moves its picture by as much, away from the gradient behind it."""
    here, there = known(20, x=0.48, background=0, scale=0.28), known(20, x=0.48 + 1 / 16, background=0, scale=0.28)
    one, two = (faces.draw(chosen, 32).astype(int) for chosen in (here, there))
    x, y = Canvas.blank(20, 32).coordinates(look_of(here).head)
    face = np.square(x) + np.square(y) < 0.8
    moved = np.abs(np.roll(one, 2, axis=-1) - two).max(axis=1)
    assert moved[np.roll(face, 2, axis=-1)].max() <= 1
