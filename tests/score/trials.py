"""What extractors are put to: real pictures in two halves, one of them spoiled, and generators of known coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from damage import DAMAGES, dropped
from torch import Tensor

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.data.drawn import animals, faces, figures
from ganzoo.data.drawn.source import DrawnSource
from ganzoo.score.metrics.frechet import distance, moments
from ganzoo.score.metrics.kernel import discrepancy, polynomial

Look = Callable[[Tensor], Tensor]  # pictures uint8 [n, C, H, W] to features [n, d]
Pair = tuple[float, float]  # FID, KID

HALF = 2_000  # pictures
MIXED = (0.1, 0.2, 0.4, 0.8)  # share of foreign pictures
KEPT = (3 / 4, 1 / 2, 1 / 4, 0.0)  # share of classes; at least one
GENERATORS, SAMPLES, POOL = 100, 2_000, 12_000
SIDE = 32  # pixels of drawn pictures

# Drawn sets, and two attributes of each whose values together are the modes that a generator may forget.
MODES = {
    "anime": (faces, ("hair_colour", "hair_style")),
    "shapes": (figures, ("shape", "colour")),
    "animals": (animals, ("species", "accessory")),
}


@dataclass(frozen=True)
class Trial:
    """Real pictures in two halves, the classes of the second, and pictures of something else."""

    name: str
    one: Tensor
    other: Tensor
    labels: Tensor
    foreign: Tensor


def trials(real: Path | None) -> Iterator[Trial]:
    """`anime`; and digits and emoji from a folder that has ``mnist_idx``, ``fashion_small`` and so on."""
    yield _trial("anime", _drawn(faces, 2 * HALF), _drawn(animals, HALF)[0])
    if real:
        digits = find_source("mnist").split("train").chunks(28, 1)  # reads them where GANZOO_DATA says
        yield _trial("mnist", _first(digits, 2 * HALF), _packed(real / "fashion_small", 28, 1)[0])
        yield _trial("fluent3d", _packed(real / "fluent3d", 64, 3), _packed(real / "noto_emoji", 64, 3)[0])


def curves(trial: Trial, look: Look) -> dict[str, list[Pair]]:
    """By damage: FID and KID of the second half to the first, unspoiled and then to growing degrees."""
    judge, plain = Judge(look(trial.one)), look(trial.other)
    unspoiled = judge(plain)
    drawn = {}
    for name, (spoil, degrees) in DAMAGES.items():
        spoiled = (spoil(trial.other, degree, torch.Generator().manual_seed(0)) for degree in degrees)
        drawn[name] = [judge(look(images)) for images in spoiled]
    foreign = look(trial.foreign)
    drawn["foreign pictures"] = [judge(_mixed(plain, foreign, share)) for share in MIXED]
    drawn["classes dropped"] = [_without_classes(judge, plain, trial.labels, share) for share in KEPT]
    return {name: [unspoiled, *values] for name, values in drawn.items()}


class Judge:
    """Distances to some real pictures, from features [n, d]."""

    def __init__(self, real: Tensor) -> None:
        self.real, self.moments = real, moments(real)

    def __call__(self, fake: Tensor) -> Pair:
        return distance(self.moments, moments(fake)), discrepancy(self.real, fake, polynomial)


def coverages(name: str, look: Look, seed: int = 0) -> tuple[list[float], list[Pair]]:
    """Exact coverage of `GENERATORS` imperfect generators of a drawn set, and their FID and KID.

    Each draws some of the modes only, some as often as the others and some not; its coverage is the part of the true
    law that it has, the sum over modes of the lesser of its chance and the true one.
    """
    drawing, attributes = MODES[name]
    chunk = DrawnSource(drawing).make(np.arange(HALF + POOL), SIDE, 3)
    features = look(torch.from_numpy(chunk.images))
    one, other = (chunk.attributes[attribute][HALF:] for attribute in attributes)
    rows = [np.flatnonzero((one == a) & (other == b)) for a in np.unique(one) for b in np.unique(other)]
    judge, chance = Judge(features[:HALF]), np.random.RandomState(seed)
    covered, told = [], []
    for _ in range(GENERATORS):
        law = _law(len(rows), chance)
        counts = chance.multinomial(SAMPLES, law)
        drawn = [chance.choice(mode, n, replace=n > len(mode)) for mode, n in zip(rows, counts, strict=True) if n]
        covered.append(float(np.minimum(law, 1 / len(rows)).sum()))
        told.append(judge(features[HALF:][np.concatenate(drawn)]))
    return covered, told


def agreement(covered: list[float], distances: list[float]) -> float:
    """Spearman's rank correlation of coverage with nearness, at most 1."""
    ranks = [np.argsort(np.argsort(values)) for values in (covered, [-value for value in distances])]
    return float(np.corrcoef(*ranks)[0, 1])


def rises(values: list[float]) -> bool:
    """Whether each is larger than the one before."""
    return all(after > before for before, after in pairwise(values))


def _law(modes: int, chance: np.random.RandomState) -> np.ndarray:
    """Chances of all modes [modes]: a tenth of them at least, alike or more or less unlike."""
    some = chance.choice(modes, chance.randint(modes // 10, modes + 1), replace=False)
    law = np.zeros(modes)
    law[some] = chance.dirichlet(np.full(len(some), chance.choice([2.0, 8.0, 1e6])))
    return law


def _mixed(plain: Tensor, foreign: Tensor, share: float) -> Tensor:
    count = round(share * min(len(plain), len(foreign)))
    return torch.cat((foreign[:count], plain[count : min(len(plain), len(foreign))]))


def _without_classes(judge: Judge, plain: Tensor, labels: Tensor, share: float) -> Pair:
    """The mean over as many choices as there are classes: some classes are nearer to the whole than others."""
    order = torch.randperm(int(labels.max()) + 1, generator=torch.Generator().manual_seed(0)).tolist()
    kept, chance = max(1, round(share * len(order))), torch.Generator().manual_seed(0)
    choices = [(order[start:] + order[:start])[:kept] for start in range(len(order))]
    told = [judge(plain[dropped(labels, choice, chance)]) for choice in choices]
    fids, kids = zip(*told, strict=True)
    return sum(fids) / len(told), sum(kids) / len(told)


def _trial(name: str, pictures: tuple[Tensor, Tensor], foreign: Tensor) -> Trial:
    images, labels = pictures
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    one, other = order[: len(order) // 2], order[len(order) // 2 : len(order) // 2 * 2]
    mixed = torch.randperm(len(foreign), generator=torch.Generator().manual_seed(0))[:HALF]
    return Trial(name, images[one], images[other], labels[other], foreign[mixed])


def _drawn(drawing, count: int) -> tuple[Tensor, Tensor]:
    chunk = DrawnSource(drawing).make(np.arange(count), SIDE, 3)
    return torch.from_numpy(chunk.images), torch.from_numpy(chunk.labels)


def _packed(folder: Path, size: int, channels: int) -> tuple[Tensor, Tensor]:
    pack = open_data(str(folder), size=size, channels=channels)
    return torch.from_numpy(pack.images.copy()), torch.from_numpy(pack.labels)


def _first(chunks: Iterator, count: int) -> tuple[Tensor, Tensor]:
    """The first pictures of a set whose order is random already."""
    images, labels = [], []
    for chunk in chunks:
        images.append(torch.from_numpy(chunk.images))
        labels.append(torch.from_numpy(chunk.labels))
        if sum(map(len, labels)) >= count:
            break
    return torch.cat(images)[:count], torch.cat(labels)[:count]
