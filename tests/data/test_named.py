from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torchvision

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.data.named import cifar10, fashion_mnist, mnist
from ganzoo.errors import RequestError

STEMS = {"train": "train", "test": "t10k"}


def idx(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def store(root: Path, folder: str = "MNIST/raw", count: int = 12, packed: bool = True) -> Path:
    """Digits as LeCun stored them: picture n of part p is filled with n, or with 100 + n in the test part."""
    place = root / folder
    place.mkdir(parents=True)
    for part, first in (("train", 0), ("test", 100)):
        levels = first + np.arange(count, dtype=np.uint8)
        images = np.broadcast_to(levels[:, None, None], (count, 28, 28))
        for kind, values in (("images-idx3", images), ("labels-idx1", levels % 10)):
            path = place / f"{STEMS[part]}-{kind}-ubyte"
            content = idx(np.ascontiguousarray(values))
            if packed:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
            else:
                path.write_bytes(content)
    return place


@pytest.fixture
def no_network(monkeypatch):
    """A host that cannot be: what torchvision does is real, what it reaches is nothing."""
    for name in ("MNIST", "FashionMNIST"):
        monkeypatch.setattr(getattr(torchvision.datasets, name), "mirrors", ["http://ganzoo.invalid/"])
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", "http://ganzoo.invalid/cifar-10-python.tar.gz")


@pytest.mark.parametrize("packed", [True, False])
def test_a_local_copy_is_read(tmp_path, monkeypatch, packed):
    store(tmp_path, packed=packed)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    pack = open_data("mnist", size=28)
    assert pack.images.shape == (12, 1, 28, 28)
    assert pack.images[:, 0, 5, 5].tolist() == list(range(12))
    assert pack.labels.tolist() == [*range(10), 0, 1]
    assert pack.facts.classes == tuple("0123456789")
    assert pack.licence == "CC BY-SA 3.0"
    assert open_data("MNIST", size=28, split="test").images[0, 0, 0, 0] == 100


def test_size_and_channels_are_as_asked(tmp_path, monkeypatch):
    store(tmp_path)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    for channels in (1, 3, 4):
        assert open_data("mnist", size=32, channels=channels).facts.shape == (channels, 32, 32)


def test_survey_counts_without_a_pack(tmp_path, monkeypatch):
    store(tmp_path)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    survey = mnist().survey()
    assert (survey.count, survey.sizes, survey.modes, survey.channels) == (12, {(28, 28): 12}, {"L": 12}, 1)
    assert survey.per_class == (2, 2, 1, 1, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("root", ["data", "cache/data"])
def test_copies_are_found_beside_the_work_and_in_the_cache(root, monkeypatch, no_network):
    store(Path(root), "FashionMNIST/raw")
    assert len(fashion_mnist()) == 12
    assert fashion_mnist().classes[9] == "ankle boot"


def test_identity_follows_the_files(tmp_path, monkeypatch):
    place = store(tmp_path)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    first = mnist().identity()
    assert mnist().identity() == first
    assert mnist().split("test").identity() != first
    (place / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(12, np.uint8))))
    assert mnist().identity() != first


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b", gzip.compress(b"\0\0\x09\x01"), gzip.compress(idx(np.zeros(5, np.uint8))), b"<html>"],
    ids=["empty", "cut", "other type", "too few", "no gzip"],  # a gzip holds the time, which no id may
)
def test_a_damaged_copy_is_named(tmp_path, monkeypatch, content):
    place = store(tmp_path)
    (place / "train-labels-idx1-ubyte.gz").write_bytes(content)
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    with pytest.raises(RequestError, match=r"copy of 'mnist' in .* is damaged") as refused:
        open_data("mnist", size=28)
    assert str(place) in str(refused.value)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_without_copy_and_network_the_error_says_where_to_put_it(name, no_network, capfd):
    source = find_source(name)
    with pytest.raises(RequestError, match="GANZOO_DATA") as refused:
        source.identity()
    assert f"No copy of '{name}'" in str(refused.value)
    assert str(Path("data").absolute()) in str(refused.value)
    assert capfd.readouterr().out == ""


def test_cifar_unpickles_nothing_it_does_not_know(tmp_path, monkeypatch):
    place = tmp_path / "cifar-10-batches-py"
    place.mkdir()
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "batches.meta", "test_batch"):
        (place / name).write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    with pytest.raises(RequestError, match="damaged"):
        cifar10().survey()
    assert not Path("owned").exists()


def test_the_real_digits(shared, monkeypatch):
    monkeypatch.setenv("GANZOO_DATA", str(shared / "mnist_idx"))
    survey = mnist().survey()
    assert survey.count == 60_000
    assert survey.per_class[:3] == (5923, 6742, 5958)  # as published
