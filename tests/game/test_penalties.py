"""Penalties against closed forms, and against the mistakes that ports of them make."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganzoo.game.penalties import gradient_penalty, r1, slopes


class Linear(nn.Module):
    """f(x) = w.x + b over every pixel, so that the norm over any one axis is not the norm of w."""

    def __init__(self, *shape: int, norm: float):
        super().__init__()
        w = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self.w, self.b = nn.Parameter(w * (norm / w.norm())), nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.w).flatten(1).sum(1) + self.b


class Known(nn.Module):
    """A critic whose gradient at an example has a known norm: |a x|, with a one number for all."""

    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x.flatten(1).square().sum(1) / 2


def pictures(n: int = 6, *shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(2, n, *(shape or (3, 8, 8)), dtype=torch.float64).unbind()


@pytest.mark.parametrize(("norm", "weight", "target"), [(1.0, 10, 1), (0.0001, 10, 1), (2.5, 0.1, 1), (3.0, 10, 750)])
@pytest.mark.parametrize("shape", [(3, 8, 8), (2,)])
def test_of_a_linear_critic_whatever_the_data(norm, weight, target, shape):
    d = Linear(*shape, norm=norm)
    penalty = gradient_penalty(d, *pictures(6, *shape), {}, weight, target)
    assert penalty.item() == pytest.approx(weight * (norm - target) ** 2, rel=1e-5, abs=1e-9)
    by_w, by_b = torch.autograd.grad(penalty, [d.w, d.b], allow_unused=True)
    expected = 2 * weight * (norm - target) * d.w / norm
    assert torch.allclose(by_w, expected, rtol=1e-5, atol=1e-6)
    assert by_b is None  # an offset changes no slope


def test_it_punishes_slopes_that_are_too_small_as_well():
    assert gradient_penalty(Linear(3, 8, 8, norm=0.5), *pictures(), {}).item() == pytest.approx(2.5, rel=1e-5)


def test_the_mean_is_over_squares_of_single_examples():
    """Norms 0 and 2 are both wrong by 1: E((n - 1)^2) = 1, where (E n - 1)^2 would be content with 0."""
    x = torch.zeros(2, 3, 8, 8, dtype=torch.float64)
    x[1].fill_(2 / (3 * 8 * 8) ** 0.5)
    assert gradient_penalty(Known(), x, x, {}, weight=1).item() == pytest.approx(1, abs=1e-6)


def test_every_pair_is_mixed_by_one_number_of_its_own():
    seen = []

    class Watching(Linear):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.detach())
            return super().forward(x)

    real, fake = torch.ones(512, 3, 8, 8, dtype=torch.float64), torch.zeros(512, 3, 8, 8, dtype=torch.float64)
    torch.manual_seed(0)
    gradient_penalty(Watching(3, 8, 8, norm=1), real, fake, {})
    share = seen[0].flatten(1)
    assert torch.equal(share, share[:, :1].expand_as(share))  # not drawn for every number
    assert len(share[:, 0].unique()) > 500  # nor once a batch
    assert share.min() >= 0
    assert share.max() <= 1
    assert share.mean().item() == pytest.approx(0.5, abs=0.05)
    assert share[:, 0].std().item() == pytest.approx(12**-0.5, abs=0.03)


def test_an_example_does_not_answer_for_its_neighbour():
    torch.manual_seed(0)
    d = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.GroupNorm(1, 4), nn.Tanh(), nn.Flatten(), nn.Linear(64, 1)).double()
    x, _ = pictures()
    moved = x.clone()
    moved[2] += 1
    before, after = slopes(d, x, {}), slopes(d, moved, {})
    others = [0, 1, 3, 4, 5]
    assert torch.allclose(before[others], after[others], atol=1e-12)
    assert not torch.allclose(before[2], after[2], atol=1e-3)


def test_only_the_critic_learns_from_it():
    real, fake = (x.requires_grad_() for x in pictures())
    d = nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    gradients = torch.autograd.grad(
        gradient_penalty(d, real, fake, {}), [real, fake, *d.parameters()], allow_unused=True
    )
    assert gradients[:2] == (None, None)
    assert gradients[2].abs().sum() > 0


def test_what_conditions_the_critic_reaches_it():
    class Scaled(Linear):
        def forward(self, x: Tensor, label: Tensor) -> Tensor:
            return super().forward(x) * label

    label = torch.full((6,), 3.0, dtype=torch.float64)
    d = Scaled(3, 8, 8, norm=1)
    assert gradient_penalty(d, *pictures(), {"label": label}).item() == pytest.approx(40, rel=1e-5)
    assert r1(d, pictures()[0], {"label": label}).item() == pytest.approx(4.5, rel=1e-5)


@pytest.mark.parametrize("weight", [1.0, 10.0])
def test_r1_of_a_linear_and_of_a_quadratic_critic(weight):
    real, _ = pictures()
    d = Linear(3, 8, 8, norm=2)
    assert r1(d, real, {}, weight).item() == pytest.approx(weight / 2 * 4, rel=1e-5)
    (by_w,) = torch.autograd.grad(r1(d, real, {}, weight), d.w)
    assert torch.allclose(by_w, weight * d.w, rtol=1e-5, atol=1e-6)
    expected = weight / 2 * real.flatten(1).square().sum(1).mean().item()  # the gradient of |x|^2 / 2 is x
    assert r1(Known(), real, {}, weight).item() == pytest.approx(expected, rel=1e-5)


def test_of_the_best_critic_between_two_points_there_is_none():
    """Between {0} and {theta} the steepest critic of slope 1 has a gap of |theta| and no penalty."""
    theta = 2.5
    d = Linear(1, norm=1)
    real, fake = torch.full((8, 1), theta, dtype=torch.float64), torch.zeros(8, 1, dtype=torch.float64)
    assert gradient_penalty(d, real, fake, {}).item() == pytest.approx(0, abs=1e-9)
    assert (d(real) - d(fake)).mean().abs().item() == pytest.approx(theta)


def test_a_compiled_critic_is_differentiated_as_it_is_written():
    """A pass that torch has compiled has no second derivative; its hooks are part of the network all the same."""
    real, _ = pictures()
    d = Linear(3, 8, 8, norm=2)
    expected, hooked = r1(d, real, {}), []
    d.register_forward_hook(lambda *_: hooked.append(True))
    d._compiled_call_impl = lambda x: d.forward(x).detach()
    assert torch.equal(r1(d, real, {}), expected)
    assert hooked
