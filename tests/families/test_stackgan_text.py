"""StackGAN's encoder of captions: it hears order, learns from pictures, and takes vectors learnt elsewhere."""

from __future__ import annotations

import logging
from itertools import product
from math import log

import pytest
import torch
from ganzoo_stackgan.text import SHARPNESS, Eye, TextEncoder, contrast, likeness, standardised
from ganzoo_stackgan.vectors import read_vectors
from torch import Tensor

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1)}
WORDS = tuple(sorted(("a", "above", *COLOURS)))


def encoder(**options) -> TextEncoder:
    torch.manual_seed(0)
    return TextEncoder(WORDS, 16, 8, **options)


def tokens(*texts: str, length: int = 6) -> Tensor:
    rows = [[WORDS.index(word) + 1 for word in text.split()] for text in texts]
    return torch.tensor([row + [0] * (length - len(row)) for row in rows])


def recipe(**settings):
    torch.manual_seed(0)
    family = find("families", "stackgan")
    config = resolve(family, "tiny", settings)
    return family.build(config, Facts((3, 16, 16), count=64, words=WORDS))


# What it hears


def test_an_embedding_is_standardised_and_each_its_own():
    told = encoder()(tokens("red above blue", "red above green", "red"))
    assert told.shape == (3, 16)
    assert torch.allclose(told.mean(1), torch.zeros(3), atol=1e-5)
    assert torch.allclose(told.square().mean(1), torch.ones(3), atol=1e-2)
    assert torch.cdist(told, told).add(torch.eye(3)).min() > 0.05


def test_the_order_of_words_is_heard():
    there, back = encoder()(tokens("red above blue", "blue above red"))
    assert (there - back).norm() > 0.05


def test_padding_is_not_heard():
    net, text = encoder(), "red above blue"
    short, long = net(tokens(text, length=3)), net(tokens(text, length=40))
    assert torch.allclose(short, long, atol=1e-5)


def test_an_empty_caption_has_an_embedding():
    told = encoder()(tokens("", "red"))
    assert told.isfinite().all()
    assert not torch.allclose(told[0], told[1])


# How it learns


def test_contrast_of_those_who_know_nothing_and_of_those_who_know_all():
    text = tokens("red", "green", "blue", "white")
    blank = torch.zeros(4, 16)
    assert contrast(blank, blank, text)[0].item() == pytest.approx(log(4))
    perfect = standardised(torch.eye(4, 16))
    loss, found = contrast(perfect, perfect, text)
    assert found == 1
    assert loss.item() == pytest.approx(log(1 + 3 * torch.tensor(-SHARPNESS * 16 / 15).exp().item()), abs=1e-4)
    assert contrast(perfect, perfect.roll(1, 0), text)[1] == 0


def test_likeness_is_a_cosine():
    a, b = standardised(torch.randn(3, 64)), standardised(torch.randn(5, 64))
    expected = SHARPNESS * torch.cosine_similarity(a[:, None], b[None], dim=2)
    assert torch.allclose(likeness(a, b), expected, atol=1e-3)


def test_pictures_of_one_caption_are_equally_right():
    text = tokens("red", "red", "blue")
    told = standardised(torch.eye(3, 16))[[0, 0, 2]]
    seen = told[[1, 0, 2]]
    loss, found = contrast(told, seen, text)
    assert found == 1
    assert loss.item() == pytest.approx(2 / 3 * log(2), abs=1e-3)  # one of two is the best that can be said


def test_it_learns_from_pictures_which_caption_is_theirs():
    """Two colours one above the other: who does not hear the order finds half of them."""
    names = [f"{a} above {b}" for a, b in product(COLOURS, COLOURS) if a != b]
    game = recipe(lr_text=5e-3, reading=1.0)

    def draw(position: int, n: int) -> dict[str, Tensor]:
        rng = torch.Generator().manual_seed(position)
        chosen = [names[i] for i in torch.randint(len(names), (n,), generator=rng)]
        halves = [[COLOURS[word] for word in name.split(" above ")] for name in chosen]
        pictures = torch.tensor(halves).float().movedim(2, 1).repeat_interleave(8, 2)[..., None].expand(-1, -1, -1, 16)
        return {"image": pictures * 2 - 1 + 0.2 * torch.randn(n, 3, 16, 16, generator=rng), "text": tokens(*chosen)}

    engine = Engine(game, draw, Backend.choose("cpu", "fp32"), Progress(batch=32, total=10_000), halflife=0)
    game.phases = game.text_phases
    for _ in range(80):
        engine.step()
    batch = draw(10**6, 64)
    _, found = contrast(game.nets["text"](batch["text"]), game.nets["eye"](batch["image"]), batch["text"])
    assert found > 0.9


def test_pictures_are_compared_from_afar():
    torch.manual_seed(0)
    eye, small = Eye((3, 128, 128), 16, 4), torch.randn(4, 3, 32, 32)
    large = small.repeat_interleave(4, 2).repeat_interleave(4, 3)
    checker = torch.ones(128, 128)
    checker[::2] = -1  # detail that no caption speaks of
    assert torch.allclose(eye(large), eye(large + 0.5 * checker), atol=1e-3)


def test_the_players_do_not_teach_it():
    """Neither the generator nor its judge may bend a caption to their ends."""
    game = recipe()
    engine = Engine(game, lambda position, n: {}, Backend.choose("cpu"), Progress(batch=8, total=1_000))
    game.begin(engine.now)
    batch = {"image": torch.rand(8, 3, 16, 16), "text": tokens(*["red above blue", "blue"] * 4)}
    before = [p.clone() for p in game.nets["text"].parameters()]
    for phase in game.phases()[1:]:
        engine._run(phase, [batch])
    assert all(torch.equal(a, b) for a, b in zip(before, game.nets["text"].parameters(), strict=True))


# Vectors learnt elsewhere


@pytest.fixture
def vectors(tmp_path):
    def write(text: str) -> str:
        file = tmp_path / "vectors.txt"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def test_vectors_in_both_usual_forms(vectors):
    lines = "red 1 0 0\nRed 9 9 9\nBlue 0 0 2.5e-1\nthe 5 5 5\n"
    for text in (lines, "4 3\n" + lines):
        assert read_vectors(vectors(text), ("red", "blue")) == {"red": [1, 0, 0], "blue": [0, 0, 0.25]}


def test_words_without_a_vector_are_named(vectors, caplog):
    with caplog.at_level(logging.WARNING):
        read_vectors(vectors("red 1 0\n"), WORDS)
    assert "5 of 6 words" in caplog.text
    for word in set(WORDS) - {"red"}:
        assert word in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rouge 1 0\n", "none of the words.*a, above, blue"),
        ("red 1 0\nblue 1\n", "line 2: blue has 1"),
        ("red one two\n", "line 1"),
        ("red 1 0\nblue\n", "line 2"),
    ],
)
def test_files_that_are_no_vectors(vectors, text, message):
    with pytest.raises(RequestError, match=message):
        read_vectors(vectors(text), WORDS)


def test_a_file_that_is_not_there():
    with pytest.raises(RequestError, match=r"nowhere\.txt"):
        read_vectors("nowhere.txt", WORDS)


def test_given_vectors_stay_and_others_are_learnt(vectors):
    game = recipe(embeddings=vectors("red 2 0 0\nblue 0 2 0\ngreen 0 0 2\n"), reading=1.0)
    words = game.nets["text"].words
    assert words.width == 3
    given = words(tokens("red blue green"))[0, :3].clone()
    assert torch.allclose(given, 3**0.5 * torch.eye(3))  # scaled to variance 1
    other = words(tokens("white"))[0, 0].clone()
    assert other.norm() > 0
    batch = {"image": torch.rand(8, 3, 16, 16), "text": tokens(*["red above white", "blue"] * 4)}
    engine = Engine(game, lambda position, n: batch, Backend.choose("cpu"), Progress(batch=8, total=1_000))
    for _ in range(3):
        engine.step()
    assert torch.equal(words(tokens("red blue green"))[0, :3], given)
    assert not torch.equal(words(tokens("white"))[0, 0], other)
    assert torch.equal(words(torch.zeros(1, 2, dtype=torch.long)), torch.zeros(1, 2, 3))


def test_a_file_is_not_asked_where_no_data_is_open():
    family = find("families", "stackgan")
    config = resolve(family, "tiny", {"embeddings": "nowhere.txt"})
    assert family.build(config, Facts((3, 16, 16), words=WORDS)).nets["text"].words.given is None
