"""The sheets of a run: what they show follows from what the family takes, and all of a run have one size."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.gallery import Gallery, conditions
from ganzoo.train.run import Run
from ganzoo.zoo.config import resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

FACTS = Facts((3, 16, 16), count=64, classes=("one", "two", "three"), words=("a", "blue", "circle", "red"))
TILE = 66  # pixels of a picture four times as large, and its gap


class RandomFeed:
    """Pictures of noise, with all that a family may ask for."""

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(position)
        images = {key: torch.rand(n, *FACTS.shape, generator=generator) * 2 - 1 for key in ("image", "a", "b")}
        texts = torch.tensor([[1, 4, 3], [1, 2, 3], [4, 3, 0]])
        return {**images, "label": torch.arange(n) % 3, "text": texts[torch.arange(n) // 2 % 3]}


def hung(tmp_path, family: str, *times: Progress, **settings):
    """The sheets of a family's first networks at these times."""
    card = zoo().get("families", family)
    torch.manual_seed(0)
    recipe = card.build(resolve(card, "tiny", settings), FACTS)
    feed, backend = RandomFeed(), Backend.choose("cpu", "fp32")
    engine = Engine(recipe, feed.batch, backend, Progress(batch=8, total=1000), accumulate=1, halflife=0)
    gallery = Gallery(Run(tmp_path), feed, FACTS, {"run": "x"})
    paths = []
    for now in times or (engine.now,):
        engine.now = now
        paths.append(gallery.hang(engine))
    return gallery, engine, paths


def shown(path) -> tuple[np.ndarray, dict]:
    with Image.open(path) as page:
        return np.asarray(page), json.loads(page.text["ganzoo"])


def tiles(page: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray:
    """Pictures whose upper left corners lie there, rows x columns x 16 x 16 x 3."""
    return np.stack([[page[y : y + 64 : 4, x : x + 64 : 4] for x in columns] for y in rows])


def levels(pictures: torch.Tensor) -> np.ndarray:
    return np.rint((pictures.numpy() + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)


def test_a_translator_shows_input_translation_and_reconstruction_both_ways(tmp_path):
    gallery, engine, (path,) = hung(tmp_path, "cyclegan")
    page, _ = shown(path)
    assert page.shape == (8 * TILE + 2, 6 * TILE + 8 + 2, 3)
    found = tiles(page, [2 + TILE * k for k in range(8)], [2 + TILE * k + 8 * (k > 2) for k in range(6)])
    nets = engine.recipe.nets
    with torch.no_grad():
        for first, side, there, back in ((0, "a", "g_ab", "g_ba"), (3, "b", "g_ba", "g_ab")):
            x = gallery.real[side][:8]
            y = nets[there](x)
            for column, pictures in enumerate((x, y, nets[back](y)), first):
                assert np.abs(found[:, column].astype(int) - levels(pictures)).max() <= 1


def test_an_autoencoder_shows_samples_and_pictures_above_their_reconstructions(tmp_path):
    gallery, engine, (path,) = hung(tmp_path, "aae", variant="supervised")
    page, told = shown(path)
    assert told["seeds"] == "0-47"
    assert page.shape == (8 * TILE + 2 + 8, 8 * TILE + 2, 3)
    given, again = tiles(page, [8 + 6 * TILE + 2 + TILE * k for k in range(2)], [2 + TILE * k for k in range(8)])
    x = gallery.real["image"][:8]
    assert (given == levels(x)).all()
    cond = {"image": x, "label": gallery.real["label"][:8]}
    with torch.no_grad():
        assert np.abs(again.astype(int) - levels(engine.recipe.sample(engine.recipe.nets, 8, cond))).max() <= 1


def test_the_captions_of_a_sheet_are_said_and_each_has_a_row(tmp_path):
    _, _, (path,) = hung(tmp_path, "stackgan")
    _, told = shown(path)
    assert told["texts"] == ["a red circle", "a blue circle", "red circle"] * 2 + ["a red circle", "a blue circle"]


def test_conditions_are_those_a_family_takes():
    real = RandomFeed().batch(0, 64)
    assert conditions(real, 64, FACTS, ()) == {}
    cond = conditions(real, 64, FACTS, ("label", "text", "truncation"))
    assert cond.keys() == {"label", "text"}
    assert cond["label"].tolist() == [row % 3 for row in range(8) for _ in range(8)]
    rows = cond["text"].view(8, 8, -1)
    assert (rows == rows[:, :1]).all()
    assert (rows[0, 0] != rows[1, 0]).any()


@pytest.mark.parametrize(("family", "settings"), [("progan", {}), ("stylegan", {"version": 1}), ("stackgan", {})])
def test_a_family_that_grows_has_sheets_of_one_size(tmp_path, family, settings):
    times = [Progress(step=k, images=images, batch=8, total=1000) for k, images in enumerate((0, 300, 600, 1000))]
    gallery, _, paths = hung(tmp_path, family, *times, **settings)
    assert len({shown(path)[0].shape for path in paths}) == 1
    gallery.animate()
    with Image.open(tmp_path / "progress.gif") as animation:
        assert animation.n_frames > 1  # sheets that are alike share one
        assert animation.size == shown(paths[0])[0].shape[1::-1]


@pytest.mark.parametrize(
    ("family", "settings", "takes"),
    [
        ("vanilla", {}, set()),
        ("cgan", {}, {"label"}),
        ("progan", {}, set()),
        ("progan", {"labels": True}, {"label"}),
        ("stylegan", {}, {"truncation", "mix", "cut"}),
        ("stylegan", {"conditional": True}, {"truncation", "mix", "cut", "label"}),
        ("aae", {"latent": 3}, {"image"}),
        ("aae", {"variant": "clustering"}, {"image", "plane", "cluster"}),
        ("aae", {"variant": "supervised"}, {"image", "label", "plane"}),
        ("cyclegan", {}, {"a", "b"}),
        ("stackgan", {}, {"text"}),
    ],
)
def test_what_a_family_takes_follows_from_its_settings(family, settings, takes):
    card = zoo().get("families", family)
    assert set(card.build(resolve(card, "tiny", settings), FACTS).takes) == takes
