"""Drawn animals: what is said of them is true, and seen in them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ganzoo.data.drawn import animals
from ganzoo.data.drawn.animals.attributes import COATS, NAMES, RANGES
from ganzoo.data.drawn.animals.look import look_of
from ganzoo.data.drawn.canvas import Canvas

PLAIN = {"marking": "plain", "accessory": "none"}


def known(n: int, seed: int = 0, **fixed) -> dict[str, np.ndarray]:
    """Attributes of n animals, some of them the same for all; categorical ones by name."""
    chosen = animals.attributes(np.arange(n), seed)
    for name, value in fixed.items():
        value = NAMES[name].index(value) if isinstance(value, str) else value
        chosen[name] = np.broadcast_to(np.asarray(value, dtype=chosen[name].dtype), (n,)).copy()
    return chosen


def test_a_species_has_its_own_colours_and_all_of_them():
    chosen = known(3000)
    for species, coats in COATS.items():
        of_it = chosen["colour"][chosen["species"] == NAMES["species"].index(species)]
        counts = np.bincount(of_it, minlength=len(NAMES["colour"]))
        assert {NAMES["colour"][k] for k in np.nonzero(counts)[0]} == set(coats)
        assert counts[counts > 0].min() > len(of_it) / 5


def test_captions_say_what_the_attributes_are():
    chosen = known(600)
    for i, (looks, scene) in enumerate(animals.captions(chosen)):
        value = {name: values[chosen[name][i]] for name, values in NAMES.items()}
        animal = f"{value['colour']} {'and white ' * (value['species'] == 'panda')}{value['species']}"
        marked = "" if value["marking"] == "plain" else f"{value['marking']} "
        worn = {"none": "", "glasses": "round {} glasses", "hat": "a {} party hat"}
        worn = worn.get(value["accessory"], f"a {{}} {value['accessory']}").format(value["accessory_colour"])
        assert looks.split(" ", 1)[1] == f"{marked}{animal} with {value['eyes']} eyes, {value['mouth']}"
        wears = f" with {worn}" if worn else ""
        assert scene.split(" ", 1)[1] == f"{value['mouth']} {animal}{wears} on a {value['background']} background"
        for text in (looks, scene):
            assert text.split()[0] == ("an" if text.split()[1][0] in "aeiou" else "a")


def test_the_label_is_the_species():
    chosen = known(50)
    assert np.array_equal(animals.labels(chosen), chosen["species"])
    assert tuple(COATS) == animals.CLASSES
    assert len(COATS) == 10


@pytest.mark.parametrize("name", [*NAMES, *RANGES])
def test_every_attribute_is_seen(name):
    """Of two pictures that differ in one attribute only, enough pixels differ."""
    plain = {"accessory": "hat", "eyes": "green", "marking": "plain"}
    low, high = RANGES.get(name, (0, 0))
    values = range(len(NAMES[name])) if name in NAMES else (low, (low + high) / 2 if "turn" in name else high)
    pictures = [animals.draw(known(24, **(plain | {name: value})), 32).astype(int) for value in values]
    for one, two in itertools.combinations(pictures, 2):
        differ = (np.abs(one - two).max(axis=1) > 8).sum(axis=(1, 2))
        assert np.median(differ) >= 3


def mean_colour(chosen: dict[str, np.ndarray], region, size: int = 32) -> np.ndarray:
    """Mean colour [n, 3] of the pixels whose place on the head fulfils `region`."""
    pictures = animals.draw(chosen, size)
    look = look_of(chosen)
    x, y = Canvas.blank(len(pictures), size).coordinates(look.head)
    weight = region(x, y, look).astype(np.float64)[:, None]
    assert weight.sum(axis=(1, 2, 3)).min() >= 1
    return (pictures * weight).sum(axis=(2, 3)) / weight.sum(axis=(2, 3))


def read(colours: np.ndarray, truth: np.ndarray) -> float:
    """Share whose class is that of the nearest mean, the means taken from the first half."""
    half = len(colours) // 2
    kinds = np.unique(truth)
    means = np.stack([colours[:half][truth[:half] == kind].mean(axis=0) for kind in kinds])
    nearest = np.argmin(((colours[half:, None] - means) ** 2).sum(-1), axis=1)
    return float((kinds[nearest] == truth[half:]).mean())


def test_the_species_is_read_off_a_grey_picture():
    chosen = known(1000, x=0.5, y=0.52, tilt=0, turn=0, ear_spread=0, **PLAIN)
    pictures = animals.draw(chosen, 32).astype(np.float64).mean(axis=1).reshape(1000, -1)
    edges = np.abs(np.diff(pictures, axis=1))  # whatever the coat is, its outline is darker
    assert read(edges, chosen["species"]) > 0.9


def test_the_coat_is_read_off_the_forehead():
    chosen = known(1500, **PLAIN)
    bare = ~np.isin(chosen["species"], [NAMES["species"].index(name) for name in ("panda", "dog")])
    chosen = {name: rows[bare] for name, rows in chosen.items()}
    colours = mean_colour(chosen, lambda x, y, look: (np.abs(x) < 0.3) & (np.abs(y + 0.45) < 0.15))
    assert read(colours, chosen["colour"]) > 0.97


def test_the_patches_of_a_panda_have_its_colour():
    chosen = known(300, species="panda", eyes="closed", **PLAIN)
    colours = mean_colour(chosen, lambda x, y, look: np.square(np.abs(x) - 0.85) + np.square(y + 0.78) < 0.03)
    assert read(colours, chosen["colour"]) > 0.97


def test_the_colour_of_the_eyes_is_read_off_them():
    chosen = known(1500, turn=0, gaze=0, **PLAIN)

    def irises(x, y, look):
        return np.square(np.abs(x) - look.build.eye_x) + np.square(y - look.build.eye_y) < np.square(look.build.eye_r)

    assert read(mean_colour(chosen, irises, 64), chosen["eyes"]) > 0.8


def test_the_background_is_read_off_its_upper_corners():
    chosen = known(1200, accessory="none")
    corners = mean_colour(chosen, lambda x, y, look: (np.abs(x) > 1.25) & (y < -0.95))
    assert read(corners, chosen["background"]) > 0.9


@pytest.mark.parametrize(
    ("accessory", "region"),
    [
        ("scarf", lambda x, y, look: (np.abs(x) < 0.5) & (np.abs(y - 1.0) < 0.1)),
        ("hat", lambda x, y, look: (np.abs(x) < 0.2) & (np.abs(y + look.build.skull_ry + 0.1) < 0.14)),
        ("bow", lambda x, y, look: (np.abs(x * look.sign - look.build.bow_x) < 0.4) & (np.abs(y + 0.75) < 0.16)),
    ],
)
def test_what_is_worn_is_where_it_belongs_in_its_colour(accessory, region):
    chosen = known(600, accessory=accessory)
    assert read(mean_colour(chosen, region), chosen["accessory_colour"]) > 0.93


def test_glasses_are_worn_around_the_eyes():
    wearing, bare = (animals.draw(known(200, accessory=name), 64).astype(int) for name in ("glasses", "none"))
    look = look_of(known(200))
    x, y = Canvas.blank(200, 64).coordinates(look.head)
    x = x - look.turn * 0.08
    far = np.maximum(np.abs(np.abs(x) - look.build.eye_x) - 0.7, np.abs(y - look.build.eye_y) - 0.5) > 0
    differ = np.abs(wearing - bare).max(axis=1)
    assert not differ[far].any()
    assert ((differ > 40) & ~far).sum(axis=(1, 2)).min() > 40


def test_the_head_is_where_it_is_said_to_be():
    """Moving an animal by whole pixels moves its picture by as much, away from the gradient behind it."""
    here, there = (known(20, x=x, background=0, scale=0.3) for x in (0.47, 0.47 + 1 / 16))
    one, two = (animals.draw(chosen, 32).astype(int) for chosen in (here, there))
    x, y = Canvas.blank(20, 32).coordinates(look_of(here).head)
    face = np.square(x / 0.7) + np.square(y / 0.6) < 1
    moved = np.abs(np.roll(one, 2, axis=-1) - two).max(axis=1)
    assert moved[np.roll(face, 2, axis=-1)].max() <= 1
