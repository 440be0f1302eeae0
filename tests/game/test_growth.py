"""Progressive growing: the released code's schedule to the image, runs of every length, pictures between two sizes."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor

import pytest
import torch
from torch import nn

from ganzoo.game import Progress, adam
from ganzoo.game.growth import Growth, faded, renew, stage
from ganzoo.game.nn.pyramid import enlarged, reduced


@pytest.mark.parametrize(
    ("kimg", "lod", "size"),
    [
        (0, 8.0, 4),
        (600, 8.0, 4),
        (601, 8 - 1 / 600, 8),
        (900, 7.5, 8),
        (1200, 7.0, 8),
        (1800, 7.0, 8),
        (2400, 6.0, 16),
        (9600, 0.0, 1024),
        (12_000, 0.0, 1024),
    ],
)
def test_the_schedule_of_the_released_code(kimg, lod, size):
    growth = Growth(8, stable=600_000, fade=600_000)
    for total in (1, 12_000_000):  # how long the run is makes no difference
        found = growth.lod(Progress(step=17, images=1000 * kimg, batch=3, total=total))
        assert found == pytest.approx(lod)
        assert 1024 >> floor(found) == size


@pytest.mark.parametrize("total", [50, 1_600, 64_000, 19_000_000])
@pytest.mark.parametrize("levels", [0, 1, 3, 8])
def test_a_run_of_any_length_grows_fully(total, levels):
    growth = Growth(levels, share=0.6)
    course = [growth.lod(Progress(images=images, total=total)) for images in range(0, total + 1, max(1, total // 50))]
    assert course[0] == levels
    assert all(a >= b for a, b in pairwise(course))
    grown = ceil(0.6 * total)
    assert growth.lod(Progress(images=grown, total=total)) == pytest.approx(0, abs=1e-3 + levels / total)
    assert growth.lod(Progress(images=total, total=total)) == 0
    assert growth.lod(Progress(images=3 * total, total=total)) == 0


def test_without_growth_it_starts_fully_grown():
    assert Growth(3, share=0).lod(Progress(total=100)) == 0
    assert Growth(3, stable=10).lod(Progress(images=10)) == 2  # no fade: from one size to the next


def test_a_table_speaks_of_the_size_at_work():
    growth = Growth(4)
    assert [growth.entry("abc", lod) for lod in (4.0, 3.5, 3.0, 2.999, 2.0, 1.0, 0.0)] == list("abbcccc")
    assert [stage(5, lod) for lod in (4.0, 3.25, 0.0)] == [(0, 0.0), (1, 0.25), (4, 0.0)]


def test_moments_are_forgotten_at_both_ends_of_a_fade_and_nowhere_else():
    net = nn.Linear(2, 1)
    opt = adam(net, lr=1e-3, betas=(0.0, 0.99))
    ages = []
    for lod in (2.0, 2.0, 1.75, 1.25, 1.0, 1.0, 0.9, 0.0, 0.0):
        renew([opt], lod)
        net(torch.ones(1, 2)).sum().backward()
        opt.step()
        ages.append(int(opt.state[net.weight]["step"]))
    assert ages == [1, 2, 1, 2, 1, 2, 1, 1, 2]


def test_what_was_seen_last_is_remembered_over_a_restart():
    net = nn.Linear(2, 1)
    before, after = (adam(net, lr=1e-3, betas=(0.0, 0.99)) for _ in range(2))
    renew([before], 1.5)
    net(torch.ones(1, 2)).sum().backward()
    before.step()
    after.load_state_dict(before.state_dict())
    renew([after], 1.25)
    assert after.state
    renew([after], 1.0)
    assert not after.state


def test_pictures_fade_from_one_size_to_the_next():
    x = torch.randn(2, 3, 16, 16)
    assert faded(x, 0) is x
    assert torch.equal(faded(x, 1), nn.functional.avg_pool2d(x, 2))
    assert torch.allclose(faded(x, 0.25), 0.75 * x + 0.25 * enlarged(reduced(x, 2), 2), atol=1e-6)
    assert torch.allclose(faded(x, 1.999999), enlarged(reduced(x, 4), 2), atol=1e-4)
    assert faded(x, 1.5).shape == (2, 3, 8, 8)
