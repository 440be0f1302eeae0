"""Layers that more than one family, or a guest, builds with."""

from ganzoo.game.nn.batchnorm import statistics_held
from ganzoo.game.nn.dense import Dense
from ganzoo.game.nn.equalized import EqualizedConv2d, EqualizedLinear, MinibatchStd, PixelNorm
from ganzoo.game.nn.maxout import Maxout
from ganzoo.game.nn.pyramid import picture
from ganzoo.game.nn.spectral import SpectralConv2d, SpectralEmbedding, SpectralLinear, SpectralNorm

__all__ = [
    "Dense",
    "EqualizedConv2d",
    "EqualizedLinear",
    "Maxout",
    "MinibatchStd",
    "PixelNorm",
    "SpectralConv2d",
    "SpectralEmbedding",
    "SpectralLinear",
    "SpectralNorm",
    "picture",
    "statistics_held",
]
