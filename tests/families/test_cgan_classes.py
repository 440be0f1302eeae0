"""How the class is heard: as an inner product, in the gains of a norm, under spectral norm, in no order."""

from __future__ import annotations

import torch
from cgan_bench import LABEL, data, every_pair, filled
from fingerprint import filler
from ganzoo_cgan.residual import ConditionalBatchNorm2d, Projection, ResidualGenerator
from torch import nn


def test_the_label_term_is_an_inner_product():
    d = filled(Projection(data(32), 32)).eval()
    x, seen = 0.5 * filler(4, 3, 32, 32), []
    d.score.register_forward_hook(lambda _layer, given, _out: seen.append(given[0]))
    with torch.no_grad():
        difference = d(x, label=torch.full((4,), 3)) - d(x, label=torch.full((4,), 8))
        vectors = d.vectors(torch.arange(10))
    assert torch.allclose(difference, seen[0] @ (vectors[3] - vectors[8]), rtol=1e-5, atol=1e-5 * seen[0].abs().max())
    assert difference.abs().min() > 1


def test_without_vectors_the_label_says_nothing():
    d = filled(Projection(data(32), 32)).eval()
    x = 0.5 * filler(4, 3, 32, 32)
    nn.init.zeros_(d.vectors.weight)
    assert torch.equal(d(x, label=LABEL), d(x, label=LABEL.flip(0)))
    assert torch.equal(d(x, label=LABEL), d(x))


def test_every_layer_of_the_discriminator_is_under_spectral_norm():
    d = filled(Projection(data(32), 32)).eval()
    x = 0.5 * filler(4, 3, 32, 32)
    before = {name: u.clone() for name, u in d.named_buffers()}
    out = d(x, label=LABEL)
    assert len(before) == sum(p.dim() > 1 for p in d.parameters()) == 12
    assert all(torch.equal(u, before[name]) for name, u in d.named_buffers())
    with torch.no_grad():
        for p in d.parameters():
            p.mul_(2 if p.dim() > 1 else 1)
    assert torch.allclose(d(x, label=LABEL), out, rtol=1e-4)
    d.train()(x, label=LABEL)
    # Of a single row there is only one direction.
    assert all(len(u) == 1 or not torch.equal(u, before[name]) for name, u in d.named_buffers())


def test_conditional_batch_norm_is_batch_norm_until_it_learns():
    layer, plain = ConditionalBatchNorm2d(6, 10), nn.BatchNorm2d(6, eps=2e-5, momentum=0.1)
    x = 3 * torch.randn(4, 6, 5, 5) + 1
    assert torch.allclose(layer(x, LABEL), plain(x), atol=1e-6)
    assert torch.allclose(layer.norm.running_var, plain.running_var)
    assert torch.allclose(layer.eval()(x, LABEL), plain.eval()(x), atol=1e-6)


def test_classes_have_no_order():
    """Permuting the labels together with what was learned of each changes nothing."""
    order = torch.randperm(10)
    g, d = filled(ResidualGenerator(data(32), 128, 8)), filled(Projection(data(32), 8)).eval()
    z, x = filler(4, 128), 0.5 * filler(4, 3, 32, 32)
    drawn, judged = g(z, LABEL), d(x, LABEL)
    with torch.no_grad():
        for name, p in [*g.named_parameters(), ("gain", d.vectors.weight), ("gain", d.vectors.norm.u)]:
            if name.endswith("gain") or (p.dim() == 2 and name.endswith("bias")):
                p.copy_(p[order])
    renamed = torch.argsort(order)[LABEL]
    assert torch.allclose(g(z, renamed), drawn, atol=1e-6)
    assert torch.allclose(d(x, renamed), judged, rtol=1e-4)


@every_pair
def test_both_players_listen_to_the_class(make_g, make_d):
    torch.manual_seed(0)
    g, d = make_g(data(16), 8, 24).eval(), make_d(data(16), 24).eval()
    z = torch.randn(1, 8).expand(4, -1)
    drawn = g(z, label=LABEL)
    apart = (drawn[0] - drawn[1:]).abs().amax((1, 2, 3))
    if make_g is ResidualGenerator:  # its gains start alike for all classes
        assert (apart == 0).all()
        nn.init.normal_(g.blocks[0].norm1.gain)
        drawn = g(z, label=LABEL)
        apart = (drawn[0] - drawn[1:]).abs().amax((1, 2, 3))
    assert (apart > 1e-4).all()
    assert torch.equal(g(z, label=LABEL), drawn)
    judged = d(drawn[:1].expand(4, -1, -1, -1), label=LABEL)
    assert judged.unique().numel() == 4
