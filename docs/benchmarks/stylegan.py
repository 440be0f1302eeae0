"""The steps that ganzoo's StyleGAN2 is measured against: from the paper, and in the operations of two public codes.

    SET="--set base=16384 --set mapping=2 --set group=4 --set augment=none --set ema=2500"
    ganzoo bench stylegan --preset paper256 --size 64 --batch 8 $SET --against docs/benchmarks/stylegan.py:reference
    ganzoo bench stylegan --preset paper256 --size 64 --batch 8 $SET --against docs/benchmarks/stylegan.py:rosinality
    ganzoo bench stylegan --size 64 --batch 8 --set base=2048 --set path=2 --against docs/benchmarks/stylegan.py:plain

Targets: 3 against `reference`, at 22,243,608 and 23,407,361 weights; 1.15 against `plain`, at widths of 32 to 64. All
play with equal weights, which these functions find in ganzoo's networks and compute with in other operations; what
comes out is the same picture and the same logit.

The mathematics is Karras et al. 2020, sections 2 to 4: modulated and demodulated convolutions, noise, a skip generator,
a residual discriminator, style mixing, the non-saturating game; in every 16th step a penalty on the discriminator's
slope at real pictures, in every 4th one on path lengths, for half of the batch. An average of the generator follows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.functional import softplus
from torch.optim import Adam

Step = Callable[[int], dict[str, Tensor]]
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def plain(subject) -> Step:
    """What a careful person writes: inputs and outputs of a convolution scaled, the filter as two passes.

    What demodulates is the norm of the weights of each picture, which are made for that alone. Default layout, weights
    and activations multiplied by their constants when they are used, Adam as it comes; nobody freezes the discriminator
    in the generator's turns.
    """
    return play(subject, Operations(separable, scaled), freezes=False)


def reference(subject) -> Step:
    """The authors' reference operations, for machines without their compiled ones, as their training calls them.

    Resampling is one function for everything: zeros between the pixels, padding, a full two-dimensional convolution of
    each channel, and then most of the pixels dropped. Weights of every picture are made, to demodulate by their norm;
    inputs and outputs are scaled. Bias, slope and gain are three passes. Who does not learn is frozen; every gradient
    is searched for what is not finite; average and Adam go through the parameters one by one.
    """
    return play(subject, Operations(resampled, scaled), cleans=True)


def reference_grouped(subject) -> Step:
    """The same, its modulated convolutions with the weights of every picture, in one convolution of as many groups."""
    return play(subject, Operations(resampled, grouped), cleans=True)


def rosinality(subject) -> Step:
    """The operations of rosinality's code where nothing is compiled, on equal networks.

    Modulated convolutions in groups; resampling folds the channels into the batch and convolves each plane by itself;
    losses are read in every step.
    """
    return play(subject, Operations(folded, grouped), reads=True)


def play(subject, ops: Operations, *, freezes: bool = True, cleans: bool = False, reads: bool = False) -> Step:
    """The four turns on the networks of ``subject``, computed by ``ops``."""
    g, d, config, n = subject.nets["g"], subject.nets["d"], subject.config, subject.batch
    images, average = subject.data["image"], copy.deepcopy(g)
    opts = {"g": lazy(g, config, config.path_every if config.path else 0)}
    opts["d"] = lazy(d, config, config.r1_every if config.gamma else 0)
    keep = 0.5 ** (n / config.ema) if config.ema else 1.0
    mean_length = torch.zeros(())

    def styles(count: int) -> Tensor:
        """Styles [count, layers, style], the finer ones of other noise most of the time."""
        z, layers = torch.randn(count, config.latent), g.synthesis.layers
        if not config.mixing:
            return mapped(g, z)[:, None].repeat(1, layers, 1)
        cut = torch.where(torch.rand(()) < config.mixing, torch.randint(1, layers, ()), layers)
        second = torch.randn(count, config.latent)
        ws = mapped(g, z)[:, None].repeat(1, layers, 1)
        ws[:, cut:] = mapped(g, second)[:, None]
        return ws

    def g_loss() -> Tensor:
        return softplus(-judged(d, drawn(g, styles(n), ops), ops)).mean()

    def path_loss() -> Tensor:
        ws = styles(max(1, n // 2))
        image = drawn(g, ws, ops)
        y = torch.randn_like(image) / sqrt(image.shape[2] * image.shape[3])
        (slope,) = torch.autograd.grad((image * y).sum(), ws, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()
        mean_length.lerp_(lengths.detach().mean(), 0.01)
        return config.path_every * config.path * (lengths - mean_length).square().mean()

    def d_loss(real: Tensor) -> Tensor:
        on_real = judged(d, real, ops)
        with torch.no_grad():
            fake = drawn(g, styles(n), ops)
        return softplus(-on_real).mean() + softplus(judged(d, fake, ops)).mean()

    def r1_loss(real: Tensor) -> Tensor:
        real = real.clone().requires_grad_()
        (slope,) = torch.autograd.grad(judged(d, real, ops).sum(), real, create_graph=True)
        return config.r1_every * config.gamma / 2 * slope.square().sum((1, 2, 3)).mean()

    def turn(name: str, loss: Callable[..., Tensor], *args: Tensor) -> Tensor:
        if freezes:
            for net, learns in ((g, name == "g"), (d, name == "d")):
                net.requires_grad_(learns)
        opts[name].zero_grad(set_to_none=True)
        value = loss(*args)
        value.backward()
        if cleans:
            for p in subject.nets[name].parameters():
                if p.grad is not None:
                    torch.nan_to_num(p.grad, nan=0, posinf=1e5, neginf=-1e5, out=p.grad)
        opts[name].step()
        return value.detach()

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real = images[start : start + n]
        losses = {"g": turn("g", g_loss)}
        if config.path and number % config.path_every == 0:
            losses["g_path"] = turn("g", path_loss)
        losses["d"] = turn("d", d_loss, real)
        if config.gamma and number % config.r1_every == 0:
            losses["d_r1"] = turn("d", r1_loss, real)
        follow(average, g, keep)
        if reads:
            losses = {name: torch.tensor(value.item()) for name, value in losses.items()}
        return losses

    return step


def lazy(net: nn.Module, config, every: int) -> Adam:
    share = every / (every + 1) if every else 1.0
    return Adam(net.parameters(), config.lr * share, (0.0, config.beta2**share))


@torch.no_grad()
def follow(average: nn.Module, live: nn.Module, keep: float) -> None:
    for mine, theirs in zip(average.parameters(), live.parameters(), strict=True):
        mine.copy_(theirs.lerp(mine, keep))
    for mine, theirs in zip(average.buffers(), live.buffers(), strict=True):
        mine.copy_(theirs)


# The networks: ganzoo's weights, in the operations that are given.


@dataclass(frozen=True)
class Operations:
    """How features are smoothed while they are doubled or halved, and how a convolution follows a style."""

    # (x, up, down, padding before and behind, gain)
    resample: Callable[[Tensor, int, int, tuple[int, int], float], Tensor]
    modulate: Callable[..., Tensor]  # (x, weight, style, demodulates, up, resample)


def mapped(g: nn.Module, z: Tensor) -> Tensor:
    """Noise [N, latent] to styles [N, style]; the mean style follows."""
    x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
    for layer in g.mapping.layers:
        x = activated(dense(layer, x, layer.lr_mul))
    return x


def drawn(g: nn.Module, ws: Tensor, ops: Operations) -> Tensor:
    """Styles to pictures."""
    net = g.synthesis
    g.mean_style.lerp_(ws[:, 0].detach().mean(0), 0.005)
    x = styled(net.first, net.start[None].repeat(len(ws), 1, 1, 1), ws[:, 0], 1, ops)
    image = coloured(net.to_picture[0], x, ws[:, 1], ops)
    for i, (grow, refine) in enumerate(zip(net.grow, net.refine, strict=True)):
        x = styled(grow, x, ws[:, 2 * i + 1], 2, ops)
        x = styled(refine, x, ws[:, 2 * i + 2], 1, ops)
        image = ops.resample(image, 2, 1, (2, 1), 4.0)
        image = image + coloured(net.to_picture[i + 1], x, ws[:, 2 * i + 3], ops)
    return image


def styled(layer: nn.Module, x: Tensor, w: Tensor, up: int, ops: Operations) -> Tensor:
    x = ops.modulate(x, layer.weight, dense(layer.modulation, w), True, up, ops.resample)
    noise = torch.randn(len(x), 1, *x.shape[2:]) * layer.strength
    return activated(x + noise + layer.bias[:, None, None])


def coloured(layer: nn.Module, x: Tensor, w: Tensor, ops: Operations) -> Tensor:
    style = dense(layer.modulation, w) / sqrt(layer.weight.shape[1])
    return ops.modulate(x, layer.weight, style, False, 1, ops.resample) + layer.bias[:, None, None]


def judged(d: nn.Module, x: Tensor, ops: Operations) -> Tensor:
    """Pictures to logits [N]."""
    first, *halvings, _, conv, _, hidden, out = d.body
    x = activated(convolved(first, x))
    for block in halvings:
        y = activated(convolved(block.conv, x))
        y = ops.resample(y, 1, 1, (2, 2), 1.0)
        y = F.conv2d(y, block.down.weight / fan(block.down), stride=2) + block.down.bias[:, None, None]
        y = activated(y, 1.0)
        beside = F.conv2d(ops.resample(x, 1, 2, (1, 1), 1.0), block.beside.weight / fan(block.beside)) * sqrt(0.5)
        x = y + beside
    x = activated(convolved(conv, varied(x, d.body[len(halvings) + 1].group)))
    x = activated(dense(hidden, x.flatten(1)))
    return dense(out, x)[:, 0]


def varied(x: Tensor, group: int) -> Tensor:
    """A further feature map: how much the pictures of a group differ."""
    n, c, h, w = x.shape
    group = min(group, n)
    y = x.reshape(group, n // group, c, h, w)
    y = y - y.mean(0)
    y = (y.square().mean(0) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, y.reshape(-1, 1, 1, 1).repeat(group, 1, h, w)], 1)


def dense(layer: nn.Module, x: Tensor, rate: float = 1.0) -> Tensor:
    return F.linear(x, layer.weight * (rate / fan(layer)), layer.bias * rate)


def convolved(layer: nn.Module, x: Tensor) -> Tensor:
    return F.conv2d(x, layer.weight / fan(layer), padding=layer.weight.shape[2] // 2) + layer.bias[:, None, None]


def activated(x: Tensor, gain: float = sqrt(2)) -> Tensor:
    return F.leaky_relu(x, 0.2) * gain


def fan(layer: nn.Module) -> float:
    return sqrt(layer.weight[0].numel())


# Modulated convolutions


def scaled(x: Tensor, weight: Tensor, style: Tensor, demodulates: bool, up: int, resample) -> Tensor:
    """What goes in is scaled by the style, what comes out by the norm of each picture's weights."""
    x = x * style[:, :, None, None]
    if up == 2:
        x = resample(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 1, 1, (1, 1), 4.0)
    else:
        x = F.conv2d(x, weight, padding=weight.shape[2] // 2)
    if demodulates:
        norm = (weight[None] * style[:, None, :, None, None]).square().sum((2, 3, 4))
        x = x * (norm + 1e-8).rsqrt()[:, :, None, None]
    return x


def grouped(x: Tensor, weight: Tensor, style: Tensor, demodulates: bool, up: int, resample) -> Tensor:
    """Every picture has weights of its own, and is a group of one large convolution."""
    n, inputs, height, width = x.shape
    outputs, kernel = len(weight), weight.shape[2]
    w = weight[None] * style[:, None, :, None, None]  # N x outputs x inputs x k x k
    if demodulates:
        w = w * (w.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    x = x.reshape(1, n * inputs, height, width)
    if up == 2:
        w = w.transpose(1, 2).reshape(n * inputs, outputs, kernel, kernel)
        x = F.conv_transpose2d(x, w, stride=2, groups=n)
        return resample(x.reshape(n, outputs, *x.shape[2:]), 1, 1, (1, 1), 4.0)
    x = F.conv2d(x, w.reshape(n * outputs, inputs, kernel, kernel), padding=kernel // 2, groups=n)
    return x.reshape(n, outputs, height, width)


# The filter


def separable(x: Tensor, up: int, down: int, padding: tuple[int, int], gain: float) -> Tensor:
    """One pass along the rows, one along the columns."""
    x = spread(x, up)
    x = F.pad(x, (*padding, *padding))
    row = (TAPS * sqrt(gain)).repeat(x.shape[1], 1, 1, 1)  # C x 1 x 1 x 4
    x = F.conv2d(x, row, groups=x.shape[1], stride=(1, down))
    return F.conv2d(x, row.transpose(2, 3), groups=x.shape[1], stride=(down, 1))


def resampled(x: Tensor, up: int, down: int, padding: tuple[int, int], gain: float) -> Tensor:
    """Zeros between the pixels, padding, a full convolution of each channel, pixels dropped."""
    x = spread(x, up)
    x = F.pad(x, (*padding, *padding))
    kernel = (torch.outer(TAPS, TAPS) * gain).flip([0, 1])[None, None].repeat(x.shape[1], 1, 1, 1)
    return F.conv2d(x, kernel, groups=x.shape[1])[:, :, ::down, ::down]


def folded(x: Tensor, up: int, down: int, padding: tuple[int, int], gain: float) -> Tensor:
    """As `resampled`, each plane an example of one channel."""
    n, c = x.shape[:2]
    x = spread(x, up).reshape(n * c, 1, up * x.shape[2], up * x.shape[3])
    x = F.pad(x, (*padding, *padding))
    x = F.conv2d(x, (torch.outer(TAPS, TAPS) * gain).flip([0, 1])[None, None])
    return x.reshape(n, c, *x.shape[2:])[:, :, ::down, ::down]


def spread(x: Tensor, up: int) -> Tensor:
    """``up`` - 1 zeros behind every pixel, in either direction."""
    if up == 1:
        return x
    n, c, h, w = x.shape
    x = F.pad(x.reshape(n, c, h, 1, w, 1), (0, up - 1, 0, 0, 0, up - 1))
    return x.reshape(n, c, h * up, w * up)
