"""What can be asked of StackGAN: sizes, widths, settings, the papers' own; and what real pictures are seen as."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from fingerprint import count
from ganzoo_stackgan.captioned import cropped
from ganzoo_stackgan.networks import Discriminator
from stackgan_bench import TREE, recipe

from ganzoo import RequestError, find
from ganzoo.cli.show import usual_facts
from ganzoo.game import Progress
from ganzoo.zoo.config import resolve


def test_crops_lie_within_the_picture_and_differ():
    rows = torch.linspace(-1, 1, 16)[:, None].expand(16, 16)
    x = torch.stack([rows, rows.T])[None].expand(64, -1, -1, -1)  # the colour of a pixel is where it lies
    seen = cropped(x, 1.25, flip=True)
    assert seen.shape == x.shape
    height, width = seen[:, 0, -1, 0] - seen[:, 0, 0, 0], seen[:, 1, 0, -1] - seen[:, 1, 0, 0]
    assert torch.allclose(height, torch.full_like(height, 2 / 1.25), atol=0.15)
    assert torch.allclose(width.abs(), torch.full_like(width, 2 / 1.25), atol=0.15)
    assert 10 < (width < 0).sum() < 54  # mirrored, left and right only
    assert seen[:, 0, 0, 0].std() > 0.1
    assert torch.allclose(cropped(x, 1.0, flip=False), x, atol=1e-5)


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (33, 32), (8, 16), (100, 128), (15, 16), (1000, 1024)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    for settings in ({}, TREE):
        with pytest.raises(RequestError, match=f"--size {nearest}\\."):
            recipe(size, **settings)


def test_smallest_sizes():
    assert recipe(8, version=2, branches=1).nets["d1"].alone is not None
    with pytest.raises(RequestError, match=r"--size 32\."):
        recipe(16, enlarge=4)
    with pytest.raises(RequestError, match=r"--size 32\."):
        recipe(16, version=2, branches=3)


def test_stage_two_may_have_a_width_of_its_own():
    assert count(recipe(width_two=4).nets["g2"]) < count(recipe().nets["g2"]) == count(recipe(width_two=8).nets["g2"])
    assert count(recipe(width_two=4).nets["g"]) == count(recipe().nets["g"])


def test_points_and_oblongs_are_refused():
    discriminator = partial(Discriminator, width=4, condition=4, alone=True)
    with pytest.raises(RequestError, match="points"):
        discriminator((2,))
    with pytest.raises(RequestError, match="16x32"):
        discriminator((3, 16, 32))


@pytest.mark.parametrize(
    "settings",
    [
        {"latent": 0},
        {"residuals": -1},
        {"first": 0.0},
        {"reading": 1.5},
        {"crop": 0.5},
        {"conditional": False},
        {"batch_two": 3, "accumulate": 2},
        {"batch": 1},
        {"batch": 4, "accumulate": 4},
    ],
)
def test_settings_that_cannot_be(settings):
    with pytest.raises(RequestError, match=next(iter(settings))):
        resolve(find("families", "stackgan"), "tiny", settings)


def test_the_papers_settings():
    family = find("families", "stackgan")
    paper = resolve(family, "paper")
    with torch.device("meta"):
        game = family.build(paper, usual_facts(family, paper))
    rates = []
    for epoch in (0, 49, 50, 599, 600, 699, 700, 1799):
        game.begin(Progress(images=epoch * 8_855 + 1, batch=64, total=paper.images))
        name = game.phases()[-1].name
        rates.append((name, game.opts[name].param_groups[0]["lr"]))
    assert rates == [
        ("g", 2e-4), ("g", 2e-4), ("g", 1e-4), ("g", 2e-4 / 2**11),
        ("g2", 2e-4), ("g2", 2e-4), ("g2", 1e-4), ("g2", 2e-4 / 2**11),
    ]  # fmt: skip
    assert (paper.betas, paper.kl, paper.batch, paper.crop) == ((0.5, 0.999), 2.0, 64, 76 / 64)
