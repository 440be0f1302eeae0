"""How like the data the samples are as a whole, in the features of an extractor."""

from __future__ import annotations

from ganzoo.score.exhibit import Exhibit, Refused
from ganzoo.score.metrics import frechet, kernel


def fid(exhibit: Exhibit) -> float:
    """Frechet distance of features (Heusel et al. 2017)."""
    return frechet.distance(*exhibit.moments)


def kid(exhibit: Exhibit) -> dict[str, float]:
    """Kernel distance of features (Binkowski et al. 2018), unbiased: fair to few samples."""
    mean, spread = kernel.kid(exhibit.real.values, exhibit.fake.values)
    return {"kid": mean, "kid_std": spread}


def isc(exhibit: Exhibit) -> dict[str, float]:
    """Inception Score (Salimans et al. 2016), as torch-fidelity computes it."""
    exhibit.pictures()
    if exhibit.extractor.name != "inception":
        raise Refused(f"{exhibit.extractor.name} names no classes: isc is Inception's. Use --features inception.")
    from torch_fidelity.metric_isc import isc_features_to_metric  # seconds of imports that no other score needs

    told = isc_features_to_metric(exhibit.fake.logits, splits=10, shuffle=True, rng_seed=2020)
    return {"isc": told["inception_score_mean"], "isc_std": told["inception_score_std"]}


def prc(exhibit: Exhibit) -> dict[str, float]:
    """Precision and recall (Kynkaanniemi et al. 2019), and their harmonic mean."""
    told = exhibit.neighbourhood
    both = told.precision + told.recall
    return {
        "prc": 2 * told.precision * told.recall / both if both else 0.0,
        "precision": told.precision,
        "recall": told.recall,
    }


def density(exhibit: Exhibit) -> float:
    """Density (Naeem et al. 2020): how well samples lie where data are many."""
    return exhibit.neighbourhood.density


def coverage(exhibit: Exhibit) -> float:
    """Coverage (Naeem et al. 2020): the share of the data that has a sample nearby."""
    return exhibit.neighbourhood.coverage
