"""Layers that more than one family, or a guest, builds with."""

from ganzoo.game.nn.batchnorm import statistics_held
from ganzoo.game.nn.dense import Dense
from ganzoo.game.nn.dropout import Dropout
from ganzoo.game.nn.equalized import EqualizedConv2d, EqualizedLinear, MinibatchStd, PixelNorm
from ganzoo.game.nn.linear import Linear
from ganzoo.game.nn.maxout import Maxout
from ganzoo.game.nn.pyramid import picture
from ganzoo.game.nn.resampling import DownConv2d, UpConv2d
from ganzoo.game.nn.spectral import SpectralConv2d, SpectralEmbedding, SpectralLinear, SpectralNorm

__all__ = [
    "Dense",
    "DownConv2d",
    "Dropout",
    "EqualizedConv2d",
    "EqualizedLinear",
    "Linear",
    "Maxout",
    "MinibatchStd",
    "PixelNorm",
    "SpectralConv2d",
    "SpectralEmbedding",
    "SpectralLinear",
    "SpectralNorm",
    "UpConv2d",
    "picture",
    "statistics_held",
]
