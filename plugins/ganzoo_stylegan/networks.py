"""The generators of both versions put together; their parts have modules of their own."""

from __future__ import annotations

from ganzoo_stylegan.adain import GrowingSynthesis
from ganzoo_stylegan.generator import Generator
from ganzoo_stylegan.mapping import SLOWER, Mapping, plain
from ganzoo_stylegan.synthesis import Synthesis


def skip_generator(
    shape: tuple[int, ...],
    latent: int,
    *,
    style: int,
    layers: int,
    base: int,
    width: int,
    classes: int = 0,
    lr_mul: float = SLOWER,
) -> Generator:
    """Version 2: a mapping of ``layers`` layers, ``base`` over the side many feature maps, ``width`` at most."""
    mapping = Mapping(latent, style, layers, classes, lr_mul)
    return Generator(mapping, Synthesis(shape, style, base, width), style)


def growing_generator(
    shape: tuple[int, ...],
    latent: int,
    *,
    style: int,
    layers: int,
    base: int,
    width: int,
    lr_mul: float = SLOWER,
) -> Generator:
    """Version 1, which takes a level of detail."""
    mapping = Mapping(latent, style, layers, lr_mul=lr_mul, layer=plain)
    return Generator(mapping, GrowingSynthesis(shape, style, base, width), style)
