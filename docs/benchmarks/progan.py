"""The steps that ganzoo's ProGAN is measured against: one from the paper, one as pytorch_GAN_zoo takes it.

    SET="--set growth=0 --set stable=0 --set fade=0"
    ganzoo bench progan --preset paper256 --size 32 --batch 16 $SET --against docs/benchmarks/progan.py:plain
    ganzoo bench progan --preset paper256 --size 32 --batch 16 $SET --against docs/benchmarks/progan.py:gan_zoo

Targets: 1.0 against `plain`, 2 against `gan_zoo`. Both play on equal networks, those of the paper when they have grown
to 32 pixels (20,719,628 and 20,726,785 weights, 512 feature maps everywhere), between two growths.

The mathematics is Karras et al. 2017: Wasserstein with a penalty on the slope and a small one on the score of reals,
one turn each, Adam without momentum, an average of the generator.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam

Step = Callable[[int], dict[str, Tensor]]
Net = Callable[[Tensor], Tensor]


def plain(subject) -> Step:
    """What a careful person writes: default layout, Adam as it comes, each fake drawn once and judged twice.

    Nobody freezes the discriminator in the generator's turn, so its gradients are computed and thrown away.
    """
    g, d, config, n = subject.nets["g"], subject.nets["d"], subject.config, subject.batch
    images, average = subject.data["image"], copy.deepcopy(g)
    opt_g, opt_d = optimizers(subject)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real = images[start : start + n]
        fake = g(torch.randn(n, config.latent))

        opt_d.zero_grad()
        on_real, on_fake = d(real), d(fake.detach())
        d_loss = on_fake.mean() - on_real.mean() + config.drift * on_real.square().mean()
        d_loss = d_loss + penalty(d, real, fake.detach(), config.penalty)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = -d(fake).mean()
        g_loss.backward()
        opt_g.step()
        follow(average, g)
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def gan_zoo(subject) -> Step:
    """The step of pytorch_GAN_zoo, told in our words, on equal networks in its operations.

    What it does that costs: features are doubled before they are convolved, and scaled behind every convolution, where
    weights could be, which are fewer; new fakes for each turn, the discriminator's drawn with a graph that is thrown
    away; the penalty back-propagated for itself; graphs kept though nobody comes back to them; the discriminator not
    frozen in the generator's turn; every gradient searched for what is not finite; Adam and the average one parameter
    at a time.
    """
    nets, config, n = subject.nets, subject.config, subject.batch
    g, d = drawing(nets["g"]), judging(nets["d"])
    images, average = subject.data["image"], copy.deepcopy(nets["g"])
    opt_g, opt_d = optimizers(subject)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real = images[start : start + n]
        opt_d.zero_grad()
        on_real = d(real)
        fake = g(torch.randn(n, config.latent)).detach()
        on_fake = d(fake)
        d_loss = on_fake.mean() - on_real.mean()
        slope = penalty(d, real, fake, config.penalty)
        slope.backward(retain_graph=True)
        d_loss = d_loss + config.drift * (on_real**2).mean()
        d_loss.backward(retain_graph=True)
        make_finite(nets["d"])
        opt_d.step()

        opt_g.zero_grad()
        opt_d.zero_grad()
        g_loss = -d(g(torch.randn(n, config.latent))).mean()
        g_loss.backward(retain_graph=True)
        make_finite(nets["g"])
        opt_g.step()
        follow(average, nets["g"])
        shown = d_loss.item() + slope.item(), g_loss.item()
        return {"d": torch.tensor(shown[0]), "g": torch.tensor(shown[1])}

    return step


def penalty(d: Net, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """``weight`` E(|grad d(x)| - 1)^2 with x between a real picture and a fake one."""
    share = torch.rand(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
    return weight * (slope.flatten(1).norm(2, dim=1) - 1).square().mean()


def optimizers(subject) -> list[Adam]:
    config = subject.config
    betas = float(config.betas[0]), float(config.betas[1])
    return [Adam(subject.nets[name].parameters(), config.lr, betas) for name in "gd"]


@torch.no_grad()
def follow(average: nn.Module, live: nn.Module) -> None:
    for mine, theirs in zip(average.parameters(), live.parameters(), strict=True):
        mine.mul_(0.999).add_(theirs, alpha=0.001)


def make_finite(net: nn.Module) -> None:
    for p in net.parameters():
        if p.grad is not None:
            p.grad[torch.isinf(p.grad)] = 0
            p.grad[torch.isnan(p.grad)] = 0


# The networks at their full size as pytorch_GAN_zoo computes its own: the same weights, the same result.


def drawing(g: nn.Module) -> Net:
    def forward(z: Tensor) -> Tensor:
        x = g.blocks[0](z)
        for block in g.blocks[1:]:
            x = F.interpolate(x, scale_factor=2)
            for conv in convolutions(block):
                x = F.leaky_relu(constrained(conv, x), 0.2)
                x = x * (((x**2).mean(1, keepdim=True) + 1e-8).rsqrt())
        return constrained(g.to_picture[-1], x)

    return forward


def judging(d: nn.Module) -> Net:
    root, *blocks = d.blocks

    def forward(x: Tensor) -> Tensor:
        x = F.leaky_relu(constrained(d.from_picture[-1][0], x), 0.2)
        for block in reversed(blocks):
            for conv in convolutions(block):
                x = F.leaky_relu(constrained(conv, x), 0.2)
            x = F.avg_pool2d(x, 2)
        return root(x)[:, 0]

    return forward


def convolutions(block: nn.Module) -> list[nn.Module]:
    return [layer for layer in block if hasattr(layer, "weight")]


def constrained(conv: nn.Module, x: Tensor) -> Tensor:
    """Stored weights, and a constant that what comes out is multiplied by, its bias with it."""
    return F.conv2d(x, conv.weight, conv.bias / conv.scale, padding=conv.weight.shape[2] // 2) * conv.scale
