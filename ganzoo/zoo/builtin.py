"""The core's own parts, through the same door as everybody's: losses and data sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganzoo.zoo.cards import Dataset, Loss
from ganzoo.zoo.hookspecs import hookimpl

if TYPE_CHECKING:
    from ganzoo.data.source import PairSource, Source
    from ganzoo.game import losses


@hookimpl
def register_losses(register: Callable[[Loss], None]) -> None:
    for card in LOSSES:
        register(card)


@hookimpl
def register_datasets(register: Callable[[Dataset], None]) -> None:
    for card in DATASETS:
        register(card)


def build_non_saturating() -> losses.NonSaturating:
    from ganzoo.game.losses import NonSaturating

    return NonSaturating()


def build_minimax() -> losses.Minimax:
    from ganzoo.game.losses import Minimax

    return Minimax()


def build_hinge() -> losses.Hinge:
    from ganzoo.game.losses import Hinge

    return Hinge()


def build_least_squares() -> losses.LeastSquares:
    from ganzoo.game.losses import LeastSquares

    return LeastSquares()


def build_wasserstein() -> losses.Wasserstein:
    from ganzoo.game.losses import Wasserstein

    return Wasserstein()


def build_relativistic() -> losses.Relativistic:
    from ganzoo.game.losses import Relativistic

    return Relativistic()


def open_anime() -> Source:
    from ganzoo.data.drawn import anime

    return anime()


def open_animals() -> Source:
    from ganzoo.data.drawn import animal_faces

    return animal_faces()


def open_shapes() -> Source:
    from ganzoo.data.drawn import captioned_shapes

    return captioned_shapes()


def open_ring() -> Source:
    from ganzoo.data.drawn import ring

    return ring()


def open_grid() -> Source:
    from ganzoo.data.drawn import grid

    return grid()


def open_swap() -> PairSource:
    from ganzoo.data.drawn import swap

    return swap()


def open_mnist() -> Source:
    from ganzoo.data.named import mnist

    return mnist()


def open_fashion_mnist() -> Source:
    from ganzoo.data.named import fashion_mnist

    return fashion_mnist()


def open_cifar10() -> Source:
    from ganzoo.data.named import cifar10

    return cifar10()


LOSSES = (
    Loss(
        name="non-saturating",
        summary="the usual choice: G raises D's belief in its fakes, and learns even where D is sure",
        build=build_non_saturating,
        paper="Goodfellow et al. 2014, arXiv:1406.2661, section 3",
        year=2014,
    ),
    Loss(
        name="minimax",
        summary="the game as first written; G stops learning where D is sure",
        build=build_minimax,
        paper="Goodfellow et al. 2014, arXiv:1406.2661, equation 1",
        year=2014,
    ),
    Loss(
        name="hinge",
        summary="D learns only from logits inside a margin; common with spectral norm",
        build=build_hinge,
        paper="Lim and Ye 2017, arXiv:1705.02894",
        year=2017,
    ),
    Loss(
        name="least-squares",
        summary="D regresses 1 and 0; gentle gradients far from the decision",
        build=build_least_squares,
        paper="Mao et al. 2017, arXiv:1611.04076",
        year=2017,
    ),
    Loss(
        name="wasserstein",
        summary="the critic's gap, a distance only while the critic is Lipschitz: clip it or penalise its gradient",
        build=build_wasserstein,
        paper="Arjovsky et al. 2017, arXiv:1701.07875",
        year=2017,
    ),
    Loss(
        name="relativistic",
        summary="is this real more real than that fake? wants a gradient penalty to converge",
        build=build_relativistic,
        paper="Jolicoeur-Martineau 2018, arXiv:1807.00734",
        year=2018,
    ),
)

DATASETS = (
    Dataset(
        name="anime",
        summary="drawn faces; hair, eyes, mouth, skin, background, tilt and position known",
        build=open_anime,
        gives=("image", "label", "text"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="animals",
        summary="drawn faces of ten species; coat, marking, eyes, mouth, what is worn, background and position known",
        build=open_animals,
        gives=("image", "label", "text"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="shapes",
        summary="a figure before a background; shape, colours, size and place known, and told in captions",
        build=open_shapes,
        gives=("image", "label", "text"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="ring",
        summary="8 Gaussians on a circle in the plane, to count the modes a GAN finds",
        build=open_ring,
        gives=("points", "label"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="grid",
        summary="25 Gaussians on a square grid in the plane, to count the modes a GAN finds",
        build=open_grid,
        gives=("points", "label"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="swap",
        summary="red shapes and blue ones, unpaired; what each should become is known of those held out",
        build=open_swap,
        gives=("a", "b"),
        licence="CC0-1.0, drawn by ganzoo",
    ),
    Dataset(
        name="mnist",
        summary="handwritten digits, 28 px grey, 10 classes, 60,000 to train on",
        build=open_mnist,
        paper="LeCun et al. 1998",
        year=1998,
        gives=("image", "label"),
        licence="CC BY-SA 3.0",
    ),
    Dataset(
        name="fashion-mnist",
        summary="clothes, 28 px grey, 10 classes, 60,000 to train on",
        build=open_fashion_mnist,
        paper="Xiao et al. 2017, arXiv:1708.07747",
        year=2017,
        gives=("image", "label"),
        licence="MIT",
    ),
    Dataset(
        name="cifar10",
        summary="small photos, 32 px colour, 10 classes, 50,000 to train on",
        build=open_cifar10,
        paper="Krizhevsky 2009",
        year=2009,
        gives=("image", "label"),
        licence="none stated by its authors; customary for research",
    ),
)
