"""The networks of CycleGAN (Zhu et al. 2017, section 4 and appendix 7.2), and its memory of earlier fakes.

Every convolution carries a bias, and instance norm has no parameters, as in the authors' PyTorch code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn.sides import square


class Generator(nn.Sequential):
    """Pictures to pictures: [N, C, S, S] in [-1, 1] to the same, for any S that is a multiple of 4."""

    def __init__(self, shape: tuple[int, ...], width: int, blocks: int):
        channels = translated(shape)
        super().__init__(
            *block(reflected(channels, width, 7)),  # width x S x S
            *block(nn.Conv2d(width, 2 * width, 3, 2, 1)),  # 2 width x S/2 x S/2
            *block(nn.Conv2d(2 * width, 4 * width, 3, 2, 1)),  # 4 width x S/4 x S/4
            *(Residual(4 * width) for _ in range(blocks)),
            # Without the output padding these would end at an odd side.
            *block(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, output_padding=1)),
            *block(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1)),
            reflected(width, channels, 7),
            nn.Tanh(),
        )
        self.apply(initialise)


class Residual(nn.Module):
    """Adds a correction to its input (He et al. 2016), with no activation behind the sum: [N, C, H, W] to the same."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            *block(reflected(channels, channels, 3)),
            reflected(channels, channels, 3),
            InstanceNorm(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Discriminator(nn.Sequential):
    """PatchGAN (Isola et al. 2017, section 3.2.2): [N, C, H, W] to a logit for each overlapping patch, [N, 1, h, w].

    A logit sees 16, 34, 70 or 142 pixels a side for 1 to 4 ``layers``.
    """

    def __init__(self, shape: tuple[int, ...], width: int, layers: int):
        channels = judged(shape, layers)
        widths = [width * min(2**i, 8) for i in range(layers + 1)]
        # No norm where the data come in.
        stack: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for i in range(layers):
            stride = 2 if i < layers - 1 else 1
            stack += block(nn.Conv2d(widths[i], widths[i + 1], 4, stride, 1), nn.LeakyReLU(0.2, inplace=True))
        super().__init__(*stack, nn.Conv2d(widths[-1], 1, 4, 1, 1))
        self.apply(initialise)


class Pool(nn.Module):
    """A memory of ``size`` fakes, so that a discriminator also judges earlier ones (Shrivastava et al. 2017).

    The first ``size`` pictures are kept and given back as they are. From then on each is, with probability one half,
    exchanged for a random one of the memory, and otherwise given back without being kept. The pictures of a batch
    come one after the other, so a later one may be given an earlier one; there is no loop, and nothing waits for the
    device. ``size`` 0 gives back what it is given.
    """

    def __init__(self, size: int, shape: tuple[int, ...]):
        super().__init__()
        self.size = size
        self.register_buffer("kept", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))  # of the places in use

    @torch.no_grad()
    def forward(self, new: Tensor) -> Tensor:
        """Exchange pictures [N, *shape], detached, for as many."""
        n, device = len(new), new.device
        if not self.size:
            return new.detach()
        turn = torch.arange(n, device=device)
        is_filling = self.count + turn < self.size
        is_swapped = ~is_filling & (torch.rand(n, device=device) < 0.5)
        is_kept = is_filling | is_swapped
        place = torch.where(is_filling, self.count + turn, torch.randint(self.size, (n,), device=device))
        # [i, j]: turn j leaves its picture in the place that turn i looks at
        leaves = (place[:, None] == place) & is_kept
        before = torch.where(leaves & (turn < turn[:, None]), turn, -1).amax(1)  # the last to do so before i
        last = torch.where(leaves, turn, -1).amax(1)  # the last of all

        both = torch.cat([self.kept[place], new])  # what lay there, then what is new, [2 N, *shape]
        given = torch.where(is_swapped, torch.where(before < 0, turn, n + before), n + turn)
        left = torch.where(last < 0, turn, n + last)
        # Turns that share a place all write what the last one leaves there: the order of the writes is no matter.
        self.kept.index_copy_(0, place, both[left])
        self.count.add_(n).clamp_(max=self.size)
        return both[given]


class InstanceNorm(nn.Module):
    """[N, C, H, W] to the same: every feature map of every picture brought to mean 0 and variance 1."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or x.is_contiguous() or torch.compiler.is_compiling():
            return F.instance_norm(x)
        # On the CPU torch's own knows one memory layout, and channels-last is faster for all around it. The batch norm
        # of one picture is the same function, and knows both. Who compiles or exports has any number of pictures.
        return torch.cat([F.batch_norm(each, None, None, training=True) for each in x.split(1)])


def reflected(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    """A convolution that keeps the size and mirrors the picture at its edges: zeros would show as a frame."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode="reflect")


def block(conv: nn.Conv2d | nn.ConvTranspose2d, activation: nn.Module | None = None) -> list[nn.Module]:
    """A convolution, its instance norm (Ulyanov et al. 2016) and its activation (ReLU unless given)."""
    return [conv, InstanceNorm(), activation or nn.ReLU(inplace=True)]


def initialise(layer: nn.Module) -> None:
    """Appendix 7.1: weights from N(0, 0.02); biases start at zero, as in the released code."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)


def translated(shape: tuple[int, ...]) -> int:
    """Channels of pictures that can be halved twice and doubled back; RequestError naming the nearest side."""
    sides = "whose side is a multiple of 4 from 8"
    channels, _ = square(shape, "cyclegan", sides, lambda side: max(8, (side + 2) // 4 * 4))
    return channels


def judged(shape: tuple[int, ...], layers: int) -> int:
    """Channels of pictures that leave patches behind ``layers`` halvings; RequestError naming the nearest side.

    What is left must lose a pixel twice, and instance norm needs more than one in between.
    """
    least = 3 << layers

    def nearest(side: int) -> int:
        return side if side >= least else -(-least // 4) * 4  # one that translators can have too

    channels, _ = square(shape, "cyclegan", f"of {least} pixels a side or more", nearest)
    return channels
