"""Adaptive augmentation of StyleGAN2: what it does to pictures, how often, and that gradients pass through it twice."""

from __future__ import annotations

from math import pi

import pytest
import torch
from ganzoo_stylegan.augment import Augment
from ganzoo_stylegan.colour import Colour, recolouring
from ganzoo_stylegan.geometry import MARGIN, SYM6, Geometry, inverses, rotated, scaled, shifted, warped
from torch import Tensor

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.zoo.config import resolve

NEVER, ALWAYS = torch.zeros(()), torch.ones(())


def moved(x: Tensor, back: Tensor) -> Tensor:
    """What `Geometry` does, with a movement that is known."""
    g = Geometry()
    return g.reduced(warped(g.enlarged(torch.nn.functional.pad(x, (MARGIN,) * 4, "reflect")), back))


def smooth(side: int = 32) -> Tensor:
    y, x = torch.meshgrid(torch.arange(side) / side, torch.arange(side) / side, indexing="ij")
    return torch.stack([torch.sin(7 * x) + torch.cos(5 * y), x, y])[None]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 16, 64])
def test_nothing_is_changed_at_p_0(size, channels):
    x = torch.randn(4, channels, size, size)
    assert (Geometry()(x, NEVER) - x).abs().max() < 3e-6
    assert torch.equal(Colour()(x, NEVER), x)
    assert (Augment()(x) - x).abs().max() < 3e-6


def test_the_wavelet_is_orthonormal_to_its_shifts():
    taps = torch.tensor(SYM6, dtype=torch.float64)
    assert taps.sum().item() == pytest.approx(2**0.5, abs=1e-10)
    for shift in range(6):
        overlap = (taps[2 * shift :] * taps[: 12 - 2 * shift]).sum().item()
        assert overlap == pytest.approx(float(shift == 0), abs=1e-11)


def test_known_movements():
    x, zero = smooth(), torch.zeros(1)
    inner = slice(4, -4)
    for back, expected in [
        (scaled(zero - 1, zero + 1), x.flip(3)),
        (rotated(zero + pi / 2), x.rot90(1, (2, 3))),
        (rotated(zero + pi), x.flip((2, 3))),
        (shifted(zero + 3, zero), x.roll(3, 3)),
        (shifted(zero, zero - 2), x.roll(-2, 2)),
    ]:
        assert (moved(x, back) - expected)[..., inner, inner].abs().max() < 5e-3
    half = moved(x, shifted(zero + 0.5, zero))[..., inner, inner]
    between = ((x + x.roll(1, 3)) / 2)[..., inner, inner]
    assert (half - between).abs().max() < 1e-2
    assert (moved(x, shifted(zero + 3, zero))[..., :3] - x[..., 1:4].flip(3)).abs().max() < 0.05  # mirrored, not black


def test_movements_come_as_often_as_p_says():
    torch.manual_seed(0)
    like = torch.zeros(4000)
    still = torch.eye(3)

    def share_moved(p: float) -> float:
        back = inverses(like, torch.tensor(p), 32)
        return (back - still).flatten(1).abs().gt(1e-6).any(1).float().mean().item()

    assert share_moved(0.0) == 0
    # Any of: half the flips, 3/4 of the quarter turns, shifts, scale, turns before or after, stretch, drift.
    p = 0.1
    left_out = (1 - p / 2) * (1 - 3 * p / 4) * (1 - p * (1 - 1 / 64)) * (1 - p) ** 4
    assert share_moved(p) == pytest.approx(1 - left_out, abs=0.025)
    assert share_moved(1.0) == 1


def test_colours_change_around_the_axis_of_greys():
    torch.manual_seed(0)
    turn, offset = recolouring(torch.zeros(2000), ALWAYS)
    grey = turn @ torch.ones(3)
    assert (grey - grey.mean(1, keepdim=True)).abs().max() < 1e-4  # greys stay greys
    assert (grey[:, 0] < 0).float().mean().item() == pytest.approx(0.5, abs=0.04)  # luma flips
    assert grey[:, 0].abs().log2().std().item() == pytest.approx(0.5, abs=0.04)  # contrast
    assert (offset / grey[:, 0]).std().item() == pytest.approx(0.2, abs=0.02)  # brightness
    assert offset.abs().max() > 0


def test_grey_pictures_are_treated_as_three_equal_colours_and_alpha_is_left_alone():
    x = torch.randn(8, 1, 8, 8)
    torch.manual_seed(3)
    one = Colour()(x, ALWAYS)
    torch.manual_seed(3)
    three = Colour()(x.expand(-1, 3, -1, -1), ALWAYS)
    assert torch.allclose(one.expand(-1, 3, -1, -1), three, atol=1e-5)
    four = torch.randn(8, 4, 8, 8)
    after = Colour()(four, ALWAYS)
    assert torch.equal(after[:, 3], four[:, 3])
    assert not torch.allclose(after[:, :3], four[:, :3])


def test_gradients_pass_through_twice():
    torch.manual_seed(0)
    augment = Augment(1.0)
    x = torch.randn(3, 3, 8, 8, dtype=torch.float32, requires_grad=True)
    weight = torch.randn(3, 3, 8, 8, requires_grad=True)

    def slope_square(w: Tensor) -> Tensor:
        torch.manual_seed(5)
        (slope,) = torch.autograd.grad((augment(x) * w).sum(), x, create_graph=True)
        return slope.square().sum()

    (gradient,) = torch.autograd.grad(slope_square(weight), weight)
    # The map A of pictures is linear but for an offset, so the slope is A^T w and its square has gradient 2 A A^T w.
    towards = torch.randn_like(weight)
    step = 1e-2
    numeric = (slope_square(weight + step * towards) - slope_square(weight - step * towards)) / (2 * step)
    assert (gradient * towards).sum().item() == pytest.approx(numeric.item(), rel=1e-2)


def test_the_controller_follows_the_signs_of_real_logits():
    augment = Augment(0.5, target=0.6)
    augment.heed(torch.tensor([3.0, 0.2, 1.0, 5.0]))
    augment.heed(torch.tensor([2.0, -1.0]))  # 5 of 6 positive: mean sign 0.667
    augment.adjust(0.01)
    assert augment.p.item() == pytest.approx(0.51)
    augment.heed(torch.tensor([3.0, 0.2, -1.0, 5.0]))  # 0.5
    augment.adjust(0.01)
    assert augment.p.item() == pytest.approx(0.5)
    for _ in range(3):
        augment.heed(torch.ones(4))
        augment.adjust(0.4)
    assert augment.p.item() == 1  # never more
    for _ in range(4):
        augment.heed(-torch.ones(4))
        augment.adjust(0.4)
    assert augment.p.item() == 0


def test_p_moves_every_fourth_step_by_what_was_seen_since():
    family = find("families", "stylegan")
    settings = {"augment": "ada", "batch": 64, "size": 8, "base": 16, "width": 4}
    recipe = family.build(resolve(family, "tiny", settings), Facts((3, 8, 8)))
    augment, course = recipe.nets["augment"], []
    for step in range(9):
        recipe.begin(Progress(step=step, images=64 * step, batch=64, total=1))
        augment.heed(torch.ones(64))
        recipe.control()
        course.append(augment.p.item())
    assert course == pytest.approx([0, 0, 0, 0.000512, 0.000512, 0.000512, 0.000512, 0.001024, 0.001024])
    fixed = family.build(resolve(family, "tiny", {**settings, "augment": "fixed", "augment_p": 0.3}), Facts((3, 8, 8)))
    fixed.begin(Progress(step=3, images=0, batch=64, total=1))
    fixed.nets["augment"].heed(torch.ones(64))
    fixed.control()
    assert fixed.nets["augment"].p.item() == pytest.approx(0.3)
