"""The discriminator of SNGAN (Miyato et al. 2018): convolutions that stretch nothing, and no batch norm.

A discriminator is a function `build(facts, *, width)` and a card that names it. torch is imported when somebody builds.
"""

from __future__ import annotations

import ganzoo


def build(facts: ganzoo.Facts, *, width: int):
    """Table 3 of the paper, at any power-of-two side from 8: [N, C, S, S] to logits [N]. ``width`` is 64 there.

    Two convolutions a side, 3x3 that keeps it and 4x4 that halves it, each halving with twice the feature maps; at 4x4
    one more and a dense layer. Every weight has spectral norm 1.
    """
    from torch import nn

    from ganzoo.game.nn import SpectralConv2d, SpectralLinear, picture

    channels, side = picture(facts.shape, "sngan")
    layers: list[nn.Module] = []

    def convolve(inputs: int, outputs: int, kernel: int, stride: int) -> None:
        layers.extend([SpectralConv2d(inputs, outputs, kernel, stride, padding=1), nn.LeakyReLU(0.1)])

    inputs, outputs = channels, width
    while side > 4:
        convolve(inputs, outputs, kernel=3, stride=1)
        convolve(outputs, outputs, kernel=4, stride=2)
        side, inputs, outputs = side // 2, outputs, 2 * outputs
    convolve(inputs, outputs, kernel=3, stride=1)
    return nn.Sequential(*layers, nn.Flatten(), SpectralLinear(16 * outputs, 1), nn.Flatten(0))


@ganzoo.hookimpl
def register_discriminators(register):
    register(
        ganzoo.Discriminator(
            name="sngan",
            summary="Convolutions under spectral norm down to 4x4, no batch norm, leaky ReLU",
            paper="Miyato, Kataoka, Koyama and Yoshida 2018, arXiv:1802.05957",
            year=2018,
            build=build,
        )
    )
