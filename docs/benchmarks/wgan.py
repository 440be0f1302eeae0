"""The steps that ganzoo's WGAN-GP is measured against: one from the paper, one as mimicry takes it.

    SET="--set fakes=1 --set dither=0 --set ema=0"
    ganzoo bench wgan --preset cifar --batch 64 $SET --against docs/benchmarks/wgan.py:plain
    ganzoo bench wgan --preset cifar --batch 64 $SET --against docs/benchmarks/wgan.py:mimicry

Targets: 1.0 against `plain`, 2 against `mimicry`. Both play on equal networks, the residual ones of preset `cifar` at
32 pixels: 1,204,483 and 1,053,825 weights of one width, 128. Each step shows 5 batches of 64 to the critic.

The mathematics is Algorithm 1 of Gulrajani et al. 2017: 5 turns of the critic, each with fresh pictures, noise and
points between them at which the slope is held to 1, then one of the generator; Adam with betas 0 and 0.9.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR

Step = Callable[[int], dict[str, Tensor]]
Net = Callable[[Tensor], Tensor]


def plain(subject) -> Step:
    """What a careful person writes: default layout, Adam as it comes, fakes of the critic's turns without a graph.

    The networks are called as they are, so convolution and doubling, or convolution and mean, are one as in ganzoo's.
    Nobody freezes the critic in the generator's turn, so its gradients are computed and thrown away.
    """
    g, d, config, n = subject.nets["g"], subject.nets["d"], subject.config, subject.batch
    images = subject.data["image"]
    opt_g, opt_d = (Adam(net.parameters(), config.lr or 1e-4, betas(config)) for net in (g, d))

    def step(number: int) -> dict[str, Tensor]:
        for turn in range(config.n_critic):
            start = (number * config.n_critic + turn) * n % (len(images) - n + 1)
            real = images[start : start + n]
            with torch.no_grad():
                fake = g(torch.randn(n, config.latent))
            opt_d.zero_grad()
            d_loss = d(fake).mean() - d(real).mean() + penalty(d, real, fake, config.penalty)
            d_loss.backward()
            opt_d.step()

        opt_g.zero_grad()
        g_loss = -d(g(torch.randn(n, config.latent))).mean()
        g_loss.backward()
        opt_g.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def mimicry(subject) -> Step:
    """The step of mimicry's WGAN-GP, told in our words, its blocks computed as it computes them.

    What it does that costs: pictures are doubled before they are convolved, and convolved before they are halved, where
    one convolution of stride 2 has 4/9 of the multiplications; 1x1 shortcuts work at the larger side; fakes for the
    critic are drawn with a graph that is thrown away; the critic is not frozen in the generator's turn; Adam goes
    through the parameters one by one; three numbers are read in each turn; rates are set anew after each step.
    Doubling is by the nearest pixel here, as in the paper; mimicry's is bilinear, which costs more.
    """
    config, n = subject.config, subject.batch
    g, d = drawing(subject.nets["g"]), judging(subject.nets["d"])
    images = subject.data["image"]
    opt_g, opt_d = (Adam(subject.nets[name].parameters(), config.lr or 1e-4, betas(config)) for name in "gd")
    clocks = [LambdaLR(opt, lambda step: max(1 - step / 100_000, 0.0)) for opt in (opt_g, opt_d)]

    def step(number: int) -> dict[str, Tensor]:
        opt_g.zero_grad()
        g_loss = -d(g(torch.randn(n, config.latent))).mean()
        g_loss.backward()
        opt_g.step()
        g_loss.item()

        for turn in range(config.n_critic):
            start = (number * config.n_critic + turn) * n % (len(images) - n + 1)
            real = images[start : start + n]
            opt_d.zero_grad()
            on_real = d(real)
            fake = g(torch.randn(n, config.latent)).detach()
            on_fake = d(fake)
            d_loss = on_fake.mean() - on_real.mean() + penalty(d, real, fake, config.penalty)
            d_loss.backward()
            opt_d.step()
            d_loss.item(), on_real.mean().item(), on_fake.mean().item()
        for clock in clocks:
            clock.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def penalty(d: Net, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """``weight`` E(|grad d(x)| - 1)^2 with x between a real picture and a fake one."""
    share = torch.rand(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    scores = d(between)
    (slope,) = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)
    return weight * ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def betas(config) -> tuple[float, float]:
    return float(config.betas[0]), float(config.betas[1])


# The networks of preset `cifar` as mimicry computes its own: the same weights, the same result, other operations.


def drawing(g: nn.Module) -> Net:
    def forward(z: Tensor) -> Tensor:
        x = g.dense(z).view(len(z), -1, 4, 4)
        for block in g.blocks:
            h = F.interpolate(F.relu(block.norm1(x)), scale_factor=2)
            h = convolved(h, block.conv1)
            h = convolved(F.relu(block.norm2(h)), block.conv2)
            x = h + convolved(F.interpolate(x, scale_factor=2), block.shortcut)
        return torch.tanh(convolved(F.relu(g.norm(x)), g.out))

    return forward


def judging(d: nn.Module) -> Net:
    first, *others = [block for block in d.body if hasattr(block, "conv1")]

    def forward(x: Tensor) -> Tensor:
        h = F.avg_pool2d(convolved(F.relu(convolved(x, first.conv1)), first.conv2), 2)
        x = h + convolved(F.avg_pool2d(x, 2), first.shortcut)
        for block in others:
            h = convolved(F.relu(convolved(F.relu(x), block.conv1)), block.conv2)
            if hasattr(block, "shortcut"):
                h, x = F.avg_pool2d(h, 2), F.avg_pool2d(convolved(x, block.shortcut), 2)
            x = h + x
        return d.score(F.relu(x).mean((2, 3))).flatten()

    return forward


def convolved(x: Tensor, conv: nn.Conv2d) -> Tensor:
    return F.conv2d(x, conv.weight, conv.bias, padding=conv.weight.shape[2] // 2)
