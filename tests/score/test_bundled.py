"""The bundled extractor: the same weights and the same features, whatever the batch and the number of threads."""

from __future__ import annotations

import pytest
import torch

from ganzoo.data.drawn import anime
from ganzoo.score.bundled import DIRECTIONS, FILE, LARGEST, SMALLEST, Responses, filters, normal, prepared
from ganzoo.score.extractors import find_extractor

HASH = "7f800c6e07415ead"  # of the weights: another one is another extractor, whose numbers compare with no older ones


@pytest.fixture(scope="module")
def bundled():
    return find_extractor("bundled")


def pictures(count: int, side: int, channels: int = 3) -> torch.Tensor:
    chance = torch.Generator().manual_seed(side)
    return torch.randint(256, (count, channels, side, side), dtype=torch.uint8, generator=chance)


def test_its_weights_are_these(bundled):
    assert bundled.hash == HASH
    assert not bundled.standard
    assert FILE.stat().st_size < 2_000_000


@pytest.mark.parametrize("side", [8, 28, 32, 48, 64, 100])
def test_every_size_has_the_same_number_of_features(bundled, side):
    features = bundled(pictures(3, side)).values
    assert features.shape == (3, DIRECTIONS)
    assert features.isfinite().all()
    assert features.std(0).min() > 0


@pytest.mark.parametrize("side", [28, 32, 64])
def test_features_do_not_depend_on_the_batch_or_on_threads(bundled, side):
    images, threads = pictures(130, side), torch.get_num_threads()
    whole = bundled(images).values
    for size in (1, 37, 64):
        assert torch.equal(torch.cat([bundled(part).values for part in images[:70].split(size)]), whole[:70])
    try:
        torch.set_num_threads(2 if threads == 1 else 1)
        assert torch.equal(bundled(images).values, whole)
    finally:
        torch.set_num_threads(threads)


def test_grey_is_colour_without_colour(bundled):
    grey = pictures(5, 28, 1)
    assert torch.equal(bundled(grey).values, bundled(grey.expand(-1, 3, -1, -1)).values)


def test_only_what_is_too_small_or_too_large_is_resized():
    for side, shown in ((8, SMALLEST), (SMALLEST, SMALLEST), (48, 48), (LARGEST, LARGEST), (100, LARGEST)):
        ready = prepared(pictures(1, side))
        assert ready.shape[2:] == (shown, shown)
        if side == shown:
            assert torch.equal(ready, pictures(1, side) / 127.5 - 1)


def test_a_response_is_a_mean_or_an_energy_of_its_map():
    """The first ones say the picture's own: mean and root mean square by colour."""
    x = prepared(pictures(4, 32))
    told = Responses()(x).detach()
    assert torch.allclose(told[:, :3], x.mean((2, 3)))
    assert torch.allclose(told[:, 3:6], x.square().mean((2, 3)).sqrt())
    first = torch.relu(Responses().layers[0](x).detach()) * 2**0.5
    assert torch.allclose(told[:, 6:70], first.mean((2, 3)), atol=1e-6)


def test_features_of_drawn_pictures_have_no_direction_much_larger_than_another(bundled):
    """They were scaled to unit variance on three drawn sets; on one of them, with other pictures, still nearly."""
    images = torch.from_numpy(next(anime("test").chunks(32, 3)).images)
    spread = bundled(images).values.std(0)
    assert spread.min() > 0.1
    assert spread.max() < 2.5


def test_random_weights_come_from_the_seed_alone():
    assert torch.equal(normal(6, 3), normal(10, 3)[:6])
    drawn = normal(20_000, 1)
    assert abs(drawn.mean()) < 0.02
    assert drawn.std().item() == pytest.approx(1, abs=0.02)
    weight = filters(8, 3, 5, 7)
    assert torch.allclose(weight.flatten(1).norm(dim=1), torch.ones(8))
    assert weight[::2].mean((2, 3)).abs().max() < 1e-7 < weight[1::2].mean((2, 3)).abs().max()
