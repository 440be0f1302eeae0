"""Whether all of the data is drawn, and nothing learned by heart."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.score.bank import chosen
from ganzoo.score.exhibit import Exhibit, Refused
from ganzoo.score.metrics import modes, neighbours
from ganzoo.score.metrics.variety import variety
from ganzoo.score.reader import WORDS, truths

STEP = 1e-2  # of the way between two seeds, over which path lengths are measured
WAYS = 512  # along which they are
FEW_PERCENT = 0.01
ENOUGH = 20  # samples to a kind, in the mean: attributes are combined only as long as there are so many
VISIBLE = 0.9  # an attribute that is read rightly off so many real pictures is one that modes are told by


def found_modes(exhibit: Exhibit) -> dict[str, float]:
    """Modes found of those there are: centres of points, or kinds of pictures.

    Kinds are classes, or where attributes are known the combinations of the first of those that are read rightly off
    nine real pictures of ten, as many as leave twenty samples to a combination. A sample counts that is no further from
    some picture than 99 % of pictures are from their nearest.
    """
    if exhibit.target.facts.is_points:
        centres, sigma = _centres(exhibit)
        told = modes.modes_of_points(torch.from_numpy(exhibit.drawn.examples), centres, sigma)
    else:
        real, fake = _kinds(exhibit)
        near = exhibit.nearest[0] <= exhibit.reaches(1).quantile(1 - FEW_PERCENT)
        there, known = torch.unique(real, return_inverse=True)
        place = torch.searchsorted(there, fake).clamp(max=len(there) - 1)
        seen = near & (there[place] == fake)
        shares = known.bincount().double() / len(known)
        told = modes.modes_of_labels(place[seen], len(there), len(fake), shares)
    return {"modes": told.found, "modes_there": told.there, "quality": told.quality, "reverse_kl": told.reverse_kl}


def nearest(exhibit: Exhibit) -> dict[str, float]:
    """Samples nearer to a training picture, or to each other, than 99 % of training pictures are to their nearest."""
    usual = exhibit.reaches(1).quantile(FEW_PERCENT)
    memorised = (exhibit.nearest[0] <= usual).double().mean()
    duplicates = (neighbours.reaches(exhibit.fake.values, 1) <= usual).double().mean()
    return {"nn": memorised.item(), "duplicates": duplicates.item()}


def msssim(exhibit: Exhibit) -> dict[str, float]:
    """How unlike each other samples are, as a share of how unlike data are (by MS-SSIM, Odena et al. 2017)."""
    pack = exhibit.pictures()
    drawn = variety(torch.from_numpy(exhibit.drawn.examples) / 255)
    real = variety(torch.from_numpy(pack.images[chosen(pack, exhibit.samples)]) / 255)
    return {"msssim": drawn / real if real else float("nan"), "variety": drawn, "variety_real": real}


def ppl(exhibit: Exhibit) -> float:
    """Perceptual path length (Karras et al. 2019, section 4.1) in the extractor's features, on ways between seeds.

    The mean over 512 ways of |change of features|^2 / step^2, at a random place of each, with the same class or
    caption throughout.
    """
    exhibit.pictures()
    if "a" in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} has no noise to walk through.")
    if not exhibit.extractor.continuous:
        raise Refused(f"{exhibit.extractor.name} rounds what it sees. Use --features bundled, or timm:NAME.")
    places = torch.rand(WAYS, generator=torch.Generator().manual_seed(exhibit.seed)).double() * (1 - STEP)
    cond, ends = exhibit.asked_alone(WAYS), []
    for shift in (0.0, STEP):
        ways = [(exhibit.seed + 2 * i, exhibit.seed + 2 * i + 1, float(at) + shift) for i, at in enumerate(places)]
        drawn = torch.from_numpy(exhibit.trained.draw(ways, cond)).clamp(-1, 1)
        # Not rounded to bytes in between: over so small a step that would be most of the change.
        ends.append(exhibit.extractor((drawn + 1) * 127.5).values)
    return ((ends[1] - ends[0]).double().square().sum(1) / STEP**2).mean().item()


def _kinds(exhibit: Exhibit) -> tuple[Tensor, Tensor]:
    """The kind of each picture of the data, as it is known, and of each sample, as it is read: int64 [n] and [m]."""
    pack = exhibit.pictures()
    if pack.attributes is None:
        exhibit.classed()
    known, trusted = truths(pack), exhibit.reader.trusted
    told = exhibit.reader.read(exhibit.drawn.examples)
    names = [name for name in known if name not in ("class", WORDS)] or ["class"]
    rows = torch.from_numpy(chosen(pack))
    kinds, seen, size = torch.zeros(len(rows), dtype=torch.int64), torch.zeros(exhibit.samples, dtype=torch.int64), 1
    for name in names:
        count = exhibit.reader.answers[name]
        if size * count > max(exhibit.samples // ENOUGH, count):
            break
        if trusted[name] >= VISIBLE:
            kinds, seen, size = kinds * count + known[name][rows], seen * count + told[name].argmax(1), size * count
    if size == 1:
        raise Refused(f"the kinds of {exhibit.data.name} cannot be told apart at {pack.facts.shape[-1]} px.")
    return kinds, seen


def _centres(exhibit: Exhibit) -> tuple[Tensor, float]:
    """Centres [k, d] and standard deviation of the modes points were made from; Refused where nobody knows them."""
    source = exhibit.source
    if not hasattr(source, "centres"):
        raise Refused(f"nobody knows the modes of {exhibit.data.name}.")
    return torch.as_tensor(source.centres), float(source.sigma)
