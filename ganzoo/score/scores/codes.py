"""What is left of pictures in their codes, and whether codes follow their prior."""

from __future__ import annotations

import torch

from ganzoo.score.bank import chosen
from ganzoo.score.exhibit import Exhibit, Refused, brightness
from ganzoo.score.metrics import kernel
from ganzoo.train.sampling import encode

MOST = 1_000  # codes compared with the prior
WIDTHS = (0.25, 0.5, 1.0, 2.0)  # of the kernels, as shares of the prior's own


def recon(exhibit: Exhibit) -> float:
    """Mean squared error of reconstructions, of held-out pictures where there are any; brightness is in [0, 1]."""
    if "image" not in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} reconstructs nothing.")
    pack = exhibit.unseen_target or exhibit.pictures()
    rows = chosen(pack, exhibit.samples)
    images = brightness(pack.images[rows])
    cond = {"image": images}
    if pack.labels is not None and "label" in exhibit.takes:
        cond["label"] = torch.from_numpy(pack.labels[rows])
    made = torch.from_numpy(exhibit.trained.draw(range(len(images)), cond))
    return ((made - images) / 2).square().mean().item()


def prior_mmd(exhibit: Exhibit) -> float:
    """Squared maximum mean discrepancy of codes and the prior; 0 in the mean where they agree."""
    nets, recipe = exhibit.trained.nets, exhibit.trained.recipe
    if "encoder" not in nets or not hasattr(recipe, "prior"):
        raise Refused(f"{exhibit.trained.family.name} has no codes with a prior.")
    pack = exhibit.unseen_target or exhibit.pictures()
    images, device = brightness(pack.images[chosen(pack, MOST)]), exhibit.trained.backend.device
    with torch.no_grad():
        codes = torch.from_numpy(encode(nets["encoder"], images, device))
        prior = recipe.prior(len(codes), device, seeds=torch.arange(len(codes))).cpu()
    own = prior.std().item() * codes.shape[1] ** 0.5
    return kernel.discrepancy(codes, prior, kernel.gaussian(tuple(own * width for width in WIDTHS)))
