"""Losses against the constants and gradients of their papers."""

from __future__ import annotations

from math import log

import pytest
import torch

from ganzoo.game import losses

ZERO = torch.zeros(8, dtype=torch.float64)


@pytest.mark.parametrize(
    ("loss", "d", "g"),
    [
        (losses.NonSaturating(), 2 * log(2), log(2)),
        (losses.Minimax(), 2 * log(2), -log(2)),
        (losses.Hinge(), 2.0, 0.0),
        (losses.LeastSquares(), 0.5, 1.0),
        (losses.Wasserstein(), 0.0, 0.0),
    ],
)
def test_constants_at_logits_zero(loss, d, g):
    assert loss.d(ZERO, ZERO).item() == pytest.approx(d, abs=1e-12)
    assert loss.g(ZERO).item() == pytest.approx(g, abs=1e-12)


def test_relativistic_at_equal_logits_is_log_two_for_both():
    logits = torch.linspace(-3, 3, 8, dtype=torch.float64)
    loss = losses.Relativistic()
    assert loss.d(logits, logits).item() == pytest.approx(log(2), abs=1e-12)
    assert loss.g(logits, logits).item() == pytest.approx(log(2), abs=1e-12)
    shifted = loss.d(logits + 5, logits + 5)
    assert shifted.item() == pytest.approx(log(2), abs=1e-12)  # only the difference of a pair counts


@pytest.mark.parametrize(
    ("loss", "slope"),
    [
        (losses.Minimax(), lambda p: -p),  # dies where D is sure
        (losses.NonSaturating(), lambda p: -(1 - p)),
    ],
)
@pytest.mark.parametrize("logit", [-5.0, 0.0, 2.0])
def test_gradient_of_the_generator_at_a_logit(loss, slope, logit):
    fake = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss.g(fake), fake)
    assert gradient.item() == pytest.approx(slope(torch.sigmoid(torch.tensor(logit)).item()), abs=1e-6)


def test_value_at_the_optimal_discriminator_is_the_jensen_shannon_divergence():
    p = torch.tensor([0.1, 0.2, 0.3, 0.2, 0.2], dtype=torch.float64)
    q = torch.tensor([0.3, 0.1, 0.1, 0.4, 0.1], dtype=torch.float64)
    logit = (p / q).log()  # of D* = p / (p + q)
    value = -(p * torch.nn.functional.softplus(-logit)).sum() - (q * torch.nn.functional.softplus(logit)).sum()
    middle = (p + q) / 2
    jsd = 0.5 * ((p * (p / middle).log()).sum() + (q * (q / middle).log()).sum())
    assert value.item() == pytest.approx(-2 * log(2) + 2 * jsd.item(), abs=1e-12)
    # The same value from the loss: five points drawn exactly as often as p and q say.
    counts = 10 * torch.stack([p, q])
    real, fake = (logit.repeat_interleave(c.round().long()) for c in counts)
    assert losses.Minimax().d(real, fake).item() == pytest.approx(-value.item(), abs=1e-12)


def test_hinge_stops_teaching_outside_its_margin():
    real = torch.tensor([2.0], requires_grad=True)
    fake = torch.tensor([-2.0], requires_grad=True)
    for gradient in torch.autograd.grad(losses.Hinge().d(real, fake), (real, fake)):
        assert gradient.item() == 0


def test_beliefs_are_chances():
    logits = torch.linspace(-4, 4, 9)
    assert losses.LeastSquares().belief(logits).min() == 0
    assert losses.LeastSquares().belief(logits).max() == 1
    assert losses.Wasserstein.belief is None
