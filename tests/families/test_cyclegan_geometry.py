"""What CycleGAN's networks see and keep: patches, strides, mirrored edges, norms, the spread they start with."""

from __future__ import annotations

import pytest
import torch
from cyclegan_bench import discriminator, generator
from ganzoo_cyclegan import networks
from torch import nn

from ganzoo import find


@pytest.mark.parametrize(("layers", "seen"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_sees_a_patch_of_just_that_size(layers, seen):
    torch.manual_seed(0)
    d = without_norm(discriminator(256, 4, layers))  # the norm's mean and variance see the whole picture
    x = torch.randn(1, 3, 256, 256, requires_grad=True)
    logits = d(x)[0, 0]
    middle = len(logits) // 2
    (gradient,) = torch.autograd.grad(logits[middle, middle], x)
    for axis in (2, 3):
        touched = gradient.abs().amax([dim for dim in range(4) if dim != axis]).nonzero().flatten().tolist()
        assert touched == list(range(touched[0], touched[0] + seen))
    if layers == 3:
        assert touched[0] == 97


@pytest.mark.parametrize(("size", "side"), [(256, 30), (128, 14), (64, 6), (32, 2)])
def test_logits_of_a_picture(size, side):
    with torch.device("meta"):
        assert discriminator(size, 8)(torch.empty(2, 3, size, size)).shape == (2, 1, side, side)


def without_norm(net: nn.Sequential) -> nn.Sequential:
    return nn.Sequential(*(layer for layer in net if not isinstance(layer, networks.InstanceNorm)))


def test_what_moves_by_the_stride_is_translated_alike():
    torch.manual_seed(0)
    g = generator(192, 8, 6)
    objects, inside = torch.randn(1, 3, 32, 32), slice(64, 128)

    def translated(shift: int) -> torch.Tensor:
        x = torch.zeros(1, 3, 192, 192)
        x[..., 80 + shift : 112 + shift, 80 + shift : 112 + shift] = objects
        with torch.no_grad():
            return g(x).roll((-shift, -shift), (2, 3))[..., inside, inside]

    there = translated(0)
    assert (translated(4) - there).abs().max() < 1e-5
    assert all((translated(shift) - there).abs().max() > 0.1 for shift in (1, 2))


def test_edges_are_mirrored():
    """A convolution that mirrors keeps a flat picture flat; one that pads with zeros shows a frame."""
    torch.manual_seed(0)
    keeping = [m for m in generator(32, 8, 2).modules() if isinstance(m, nn.Conv2d) and m.stride == (1, 1)]
    assert [conv.kernel_size[0] for conv in keeping] == [7, 3, 3, 3, 3, 7]
    for conv in keeping:
        flat = conv(torch.ones(1, conv.in_channels, 32, 32))
        assert (flat - flat[..., :1, :1]).abs().max() < 1e-5


def test_instance_norm_is_plain():
    g = generator(32, 8, 6)
    norms = [layer for layer in g.modules() if isinstance(layer, networks.InstanceNorm)]
    assert len(norms) == 3 + 12 + 2
    assert not list(g.buffers())
    x = 3 * torch.randn(2, 8, 16, 16) + 5
    variance, mean = torch.var_mean(norms[0](x), (2, 3), correction=0)
    assert mean.abs().max() < 1e-5
    assert torch.allclose(variance, torch.ones(2, 8), atol=1e-4)
    assert torch.allclose(norms[0](x), nn.InstanceNorm2d(8, eps=1e-5)(x), atol=1e-6)


def test_instance_norm_is_the_same_in_either_memory_layout():
    x = 3 * torch.randn(3, 8, 16, 16) + 5
    plain, last = (
        x.contiguous(memory_format=layout).requires_grad_() for layout in (torch.contiguous_format, torch.channels_last)
    )
    out = [networks.InstanceNorm()(each) for each in (plain, last)]
    assert out[1].is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(*out, atol=1e-6)
    slopes = [torch.autograd.grad(y.pow(3).sum(), each)[0] for y, each in zip(out, (plain, last), strict=True)]
    assert torch.allclose(*slopes, rtol=1e-4, atol=1e-4)


def test_nothing_happens_behind_the_sum_of_a_residual_block():
    g = generator(32, 8, 1)
    residual = next(layer for layer in g if hasattr(layer, "body"))
    x = torch.randn(2, 32, 8, 8)
    assert torch.equal(residual(x), x + residual.body(x))
    assert residual(x).min() < 0


@pytest.mark.parametrize("seed", range(3))
def test_spread_at_the_start(seed):
    torch.manual_seed(seed)
    g, d, x = generator(256, 64, 9), discriminator(256, 64), (0.5 * torch.randn(1, 3, 256, 256)).clamp(-1, 1)
    with torch.no_grad():
        fake, loss = g(x), find("losses", "least-squares").build()
        on_real, on_fake = d(torch.cat([x, fake])).chunk(2)
    assert 0.50 < fake.std() < 0.67
    assert 1.05 < on_real.std() < 1.30
    assert 1.5 < loss.d(on_real, on_fake) < 2.6
    assert 1.8 < loss.g(on_fake) < 3.3
    assert 0.56 < (fake - x).abs().mean() < 0.70
    assert all(not p.any() for net in (g, d) for name, p in net.named_parameters() if name.endswith("bias"))
