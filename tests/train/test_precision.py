"""In bfloat16 only the passes through the networks lose digits: losses, penalties, statistics and weights do not."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ganzoo.game import full_precision
from ganzoo.game.losses import Hinge, LeastSquares, Minimax, NonSaturating, Relativistic, Wasserstein, belief
from ganzoo.game.nn import MinibatchStd, PixelNorm, SpectralLinear
from ganzoo.game.penalties import gradient_penalty, r1
from ganzoo.testing.subject import Subject
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.memory.rehearsal import every_phase_due
from ganzoo.zoo.registry import zoo

BF16 = Backend(torch.device("cpu"), "bf16")


class Noting(Engine):
    """Keeps the types of the losses, and of all that is shown, as the phases gave them."""

    def _note(self, key, value):
        self.__dict__.setdefault("types", {})[key] = value.dtype
        super()._note(key, value)


def stepped(name: str) -> Noting:
    subject = Subject(zoo().get("families", name))
    recipe = subject.recipe()
    for net in recipe.nets.values():
        BF16.place(net)
    every_phase_due(recipe)
    start = subject.engine().now
    engine = Noting(recipe, subject.draw, BF16, start, halflife=200)
    engine.step(watched=True)
    return engine


@pytest.mark.parametrize("name", [family.name for family in zoo().all("families")])
def test_a_step_in_half_precision_keeps_its_digits_where_they_count(name):
    engine = stepped(name)
    assert {key: kind for key, kind in engine.types.items() if kind != torch.float32} == {}
    for key, net in engine.recipe.nets.items():
        for at, p in net.named_parameters():
            assert p.dtype == torch.float32, f"{key}.{at}"
            assert p.grad is None or p.grad.dtype == torch.float32, f"{key}.{at}"
            assert p.isfinite().all(), f"{key}.{at}"
        assert not [at for at, buffer in net.named_buffers() if buffer.dtype == torch.bfloat16]
    moments = [value for opt in engine.recipe.opts.values() for state in opt.state.values() for value in state.values()]
    assert {value.dtype for value in moments if isinstance(value, torch.Tensor)} <= {torch.float32}
    assert all(torch.isfinite(torch.tensor(value)) for value in engine.read().values())


def judge() -> nn.Module:
    torch.manual_seed(1)
    layers = nn.Conv2d(3, 32, 3), nn.Softplus(), nn.Conv2d(32, 32, 3), nn.Softplus(), nn.Flatten(), nn.Linear(512, 1)
    return nn.Sequential(*layers, nn.Flatten(0))


class Types(TorchFunctionMode):
    """The types of what is squared, summed and averaged."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in ("norm", "square", "mean"):
            self.seen.add(out.dtype)
        return out


@pytest.mark.parametrize("penalty", [r1, lambda d, x, cond: gradient_penalty(d, x, -x, cond)], ids=["r1", "gp"])
def test_a_penalty_of_a_net_in_half_precision_is_made_in_float32(penalty):
    d, x = judge(), torch.rand(16, 3, 8, 8)
    torch.manual_seed(2)
    expected = penalty(d, x, {})
    torch.manual_seed(2)
    with BF16.autocast(), Types() as types:
        found = penalty(d, x, {})
    assert found.dtype == torch.float32
    assert types.seen == {torch.float32}
    assert found.item() == pytest.approx(expected.item(), rel=0.03)  # bfloat16 has three digits
    assert found.item() != expected.item()
    gradients = [torch.autograd.grad(each, d[0].weight)[0].flatten() for each in (expected, found)]
    assert torch.cosine_similarity(*gradients, dim=0) > 0.99


@pytest.mark.parametrize("loss", [NonSaturating(), Minimax(), Hinge(), LeastSquares(), Wasserstein(), Relativistic()])
def test_losses_of_logits_in_half_precision_are_made_in_float32(loss):
    torch.manual_seed(3)
    real, fake = torch.randn(2, 999).bfloat16()
    for turn, given in {"d": (real, fake), "g": (fake, real) if getattr(loss, "relative", False) else (fake,)}.items():
        found = getattr(loss, turn)(*given)
        assert found.dtype == torch.float32
        assert torch.equal(found, getattr(loss, turn)(*(each.float() for each in given)))
    assert belief(loss, real).dtype == torch.float32


@pytest.mark.parametrize("layer", [MinibatchStd(), PixelNorm()], ids=["minibatch", "pixel"])
def test_statistics_of_features_in_half_precision_are_made_in_float32(layer):
    torch.manual_seed(4)
    x = (10 + 0.1 * torch.randn(8, 4, 4, 4)).bfloat16()
    assert torch.equal(layer(x), layer(x.float()).bfloat16()) or isinstance(layer, PixelNorm)
    torch.testing.assert_close(layer(x).float(), layer(x.float()), rtol=0.01, atol=0)


def test_batch_norm_in_half_precision_gathers_statistics_in_float32():
    torch.manual_seed(5)
    x = (3 + torch.randn(512, 4)).bfloat16()
    half, whole = nn.BatchNorm1d(4), nn.BatchNorm1d(4)
    with BF16.autocast():
        half(x)
    whole(x.float())
    torch.testing.assert_close(half.running_mean, whole.running_mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(half.running_var, whole.running_var, rtol=1e-5, atol=0)


def test_a_spectral_norm_is_found_in_float32():
    torch.manual_seed(6)
    layer, x = SpectralLinear(64, 64), torch.randn(2, 64)
    before = layer.norm.u.clone()
    layer(x)
    expected = layer.norm.u.clone()
    layer.norm.u.copy_(before)
    with BF16.autocast():
        layer(x)
    assert torch.equal(layer.norm.u, expected)


def test_full_precision_is_for_every_device():
    with BF16.autocast(), full_precision(torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with full_precision(torch.device("meta")):  # which knows no autocast
        assert (torch.ones(2, 2, device="meta") @ torch.ones(2, 2, device="meta")).dtype == torch.float32
