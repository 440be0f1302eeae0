from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data.ahead import Ahead, ahead_of, memory
from ganzoo.data.catalogue import open_data
from ganzoo.data.feed import Feed, Order
from ganzoo.data.pack import Pack, Pair
from ganzoo.data.packing import pack as build
from ganzoo.data.source import Chunk, Source

COUNT = 11


def numbered(folder, count: int = COUNT, captions: int = 0) -> Pack:
    """Pictures whose grey level is their number."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number % 2}").mkdir(exist_ok=True)
        Image.new("L", (4, 4), number).save(folder / f"{number % 2}" / f"{number:03}.png")
    texts = [
        {"file": f"{n % 2}/{n:03}.png", "text": [f"word{n} text{k}" for k in range(captions if n else 1)]}
        for n in range(count)
    ]
    if captions:
        (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, texts)))
    return open_data(str(folder), size=4)


def shown(batch: torch.Tensor) -> list[int]:
    return ((batch[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def pack_again(pack: Pack) -> Pack:
    return Pack(pack.path)  # mapped anew: advice is of a mapping


@pytest.fixture
def pack(tmp_path) -> Pack:
    return numbered(tmp_path / "set")


def test_a_batch_is_what_networks_take(pack):
    batch = Feed(pack, seed=0).batch(0, 5)
    assert sorted(batch) == ["image", "label"]
    assert batch["image"].dtype == torch.float32
    assert batch["image"].shape == (5, 1, 4, 4)
    assert batch["label"].dtype == torch.int64
    assert batch["label"].tolist() == [number % 2 for number in shown(batch["image"])]


def test_black_is_minus_one_and_white_one(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for level in (0, 255):
        Image.new("L", (4, 4), level).save(folder / f"{level}.png")
    image = Feed(open_data(str(folder), size=4), seed=0).batch(0, 2)["image"]
    assert (image.min(), image.max()) == (-1.0, 1.0)


def test_every_epoch_shows_every_example_once_in_an_order_of_its_own(pack):
    feed = Feed(pack, seed=0)
    epochs = [shown(feed.batch(epoch * COUNT, COUNT)["image"]) for epoch in range(4)]
    assert all(sorted(epoch) == list(range(COUNT)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_the_order_is_a_pure_function_of_seed_and_position(pack):
    whole = shown(Feed(pack, seed=3).batch(0, 5 * COUNT)["image"])
    feed = Feed(pack, seed=3)
    for position, n in ((40, 7), (0, 1), (9, 30), (10, 2), (54, 1), (3, 52)):  # back and forth, across epochs
        assert shown(feed.batch(position, n)["image"]) == whole[position : position + n]
    assert shown(Feed(pack, seed=4).batch(0, 5 * COUNT)["image"]) != whole


def test_micro_batches_add_up_to_the_batch(pack):
    feed = Feed(pack, seed=0)
    pieces = torch.cat([feed.batch(position, 3)["image"] for position in range(0, 30, 3)])
    assert torch.equal(pieces, feed.batch(0, 30)["image"])


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63])
def test_any_whole_number_is_a_seed(pack, seed):
    assert len(Feed(pack, seed).batch(10**9, 3)["image"]) == 3


def test_orders_are_the_same_on_every_machine():
    assert Order(8, (0,)).indices(5, 8).tolist() == [0, 1, 7, 1, 3, 7, 6, 0]
    assert Order(8, (0,)).chances(5, 3).tolist() == [2125473821, 1512739613, 371369095]


def test_one_caption_of_several_is_chosen_by_seed_and_position(tmp_path):
    pack = numbered(tmp_path / "set", captions=3)
    feed, words = Feed(pack, seed=0), pack.facts.words
    batch = feed.batch(0, 60 * COUNT)
    assert batch["text"].dtype == torch.int64
    assert batch["text"].shape == (60 * COUNT, 2)
    first, second = ([words[token - 1] for token in column] for column in batch["text"].T.tolist())
    assert first == [f"word{number}" for number in shown(batch["image"])]  # the caption goes with its picture
    several = [text for word, text in zip(first, second, strict=True) if word != "word0"]
    assert all(several.count(f"text{k}") > len(several) / 4 for k in range(3))
    alone = {text for word, text in zip(first, second, strict=True) if word == "word0"}
    assert alone == {"text0"}  # it has but one
    assert torch.equal(Feed(pack, seed=0).batch(100, 9)["text"], batch["text"][100:109])
    assert not torch.equal(Feed(pack, seed=1).batch(0, 60 * COUNT)["text"], batch["text"])


def test_each_side_of_a_pair_has_its_own_order(tmp_path):
    a, b = numbered(tmp_path / "a"), numbered(tmp_path / "b", count=7)
    feed = Feed(Pair("both", a, b), seed=0)
    batch = feed.batch(0, 77)
    assert sorted(batch) == ["a", "b"]
    assert sorted(shown(batch["a"])[:COUNT]) == list(range(COUNT))
    assert sorted(shown(batch["b"])[:7]) == list(range(7))
    same = Feed(Pair("same", a, a), seed=0).batch(0, COUNT)
    assert shown(same["a"]) != shown(same["b"])
    assert torch.equal(feed.batch(30, 5)["b"], batch["b"][30:35])


def test_reading_ahead_changes_nothing_but_what_the_disk_is_asked_for(pack, monkeypatch):
    positions = [0, 3, 6, 9, 12, 2, 40, 44, 48, 48, 5000, 1]
    plain = Feed(pack, seed=0)
    expected = [shown(plain.batch(position, 3)["image"]) for position in positions]
    monkeypatch.setattr("ganzoo.data.ahead.memory", lambda: 0)
    asked = []
    ask = Ahead._ask
    monkeypatch.setattr(Ahead, "_ask", lambda self, index: (asked.append(index.tolist()), ask(self, index)))
    feed = Feed(pack_again(pack), seed=0)
    assert [shown(feed.batch(position, 3)["image"]) for position in positions] == expected
    order = Order(COUNT, (0,))
    assert asked[:9] == [order.indices(position, 3).tolist() for position in range(0, 27, 3)]  # the first, and 8 more
    assert asked[9] == order.indices(27, 3).tolist()  # then one for each


def test_reading_ahead_follows_the_steps_of_a_rank(pack, monkeypatch):
    monkeypatch.setattr("ganzoo.data.ahead.memory", lambda: 0)
    asked = []
    monkeypatch.setattr(Ahead, "_ask", lambda self, index: asked.append(index.tolist()))
    feed, order = Feed(pack_again(pack), seed=0), Order(COUNT, (0,))
    for position in (2, 10, 18, 26):  # of eight examples this rank has two
        feed.batch(position, 2)
    assert asked[-1] == order.indices(26 + 8 * 8, 2).tolist()


def test_a_pack_that_fits_into_memory_is_left_to_the_system(pack):
    assert ahead_of(pack.images) is None
    assert ahead_of(np.zeros((3, 4))) is None
    assert 1 << 28 < memory() < 1 << 50


class Points(Source):
    name = "points"
    gives = ("points",)

    def __len__(self) -> int:
        return 3

    def identity(self) -> str:
        return "points"

    def survey(self):
        raise NotImplementedError

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        yield Chunk(np.array([[0.5, 700.0], [-9.0, 2.5], [3.0, 4.0]], np.float32))


def test_points_pass_as_they_are():
    points = Feed(build(Points(), size=32), seed=0).batch(0, 3)["image"]
    assert points.dtype == torch.float32
    assert sorted(points.tolist()) == [[-9.0, 2.5], [0.5, 700.0], [3.0, 4.0]]


def test_channels_last(tmp_path, draw):
    for number in range(4):
        draw(f"set/{number}.png")
    pack = open_data(str(tmp_path / "set"), size=8)
    last = Feed(pack, 0, channels_last=True).batch(0, 4)["image"]
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(last, Feed(pack, 0).batch(0, 4)["image"])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no accelerator")
@pytest.mark.parametrize("fits", [True, False])
def test_the_same_batches_on_an_accelerator(tmp_path, monkeypatch, fits):
    pack = numbered(tmp_path / "set", captions=3)
    if not fits:
        monkeypatch.setattr("ganzoo.data.feed.RESIDENT", 0.0)
    here, there = Feed(pack, 0), Feed(pack, 0, device="cuda")
    for position, n in ((0, 5), (9, 40)):
        expected, found = here.batch(position, n), there.batch(position, n)
        for key, value in expected.items():
            assert found[key].is_cuda
            assert torch.equal(found[key].cpu(), value), key
