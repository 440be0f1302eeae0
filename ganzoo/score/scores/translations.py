"""Translations of held-out pictures whose truth is known."""

from __future__ import annotations

from torch import Tensor

from ganzoo.score.exhibit import Exhibit, Refused, brightness

WAYS = (("b", "a"), ("a", "b"))  # to, from


def pair_l1(exhibit: Exhibit) -> dict[str, float]:
    """Mean absolute error of translations, of pictures in [-1, 1], so in [0, 2]; both ways, and each.

    ``pair_l1_unchanged`` is the error of a translator that does nothing.
    """
    sides = _sides(exhibit)
    scores, unchanged = {}, []
    for to, source in WAYS:
        made, back = exhibit.translated(sides[source], to)
        scores[f"pair_l1_to_{to}"] = _l1(made, sides[to])
        scores[f"cycle_l1_from_{source}"] = _l1(back, sides[source])
        unchanged.append(_l1(sides[source], sides[to]))
    mean = (scores["pair_l1_to_b"] + scores["pair_l1_to_a"]) / 2
    return {"pair_l1": mean, **scores, "pair_l1_unchanged": sum(unchanged) / 2}


def pair_features(exhibit: Exhibit) -> dict[str, float]:
    """Distance of translations from the truth in the extractor's features, as a share of that of unlike pictures.

    1 is as far as the truth of another picture, 0 the truth itself. Like LPIPS (Zhang et al. 2018) it forgives what
    pixels do not.
    """
    sides = _sides(exhibit)
    scores = {}
    for to, source in WAYS:
        made = exhibit.extractor(_bytes(exhibit.translated(sides[source], to)[0])).values
        truth = exhibit.extractor(_bytes(sides[to])).values
        scores[f"pair_features_to_{to}"] = _apart(made, truth) / _apart(truth.roll(1, 0), truth)
    return {"pair_features": sum(scores.values()) / 2, **scores}


def _sides(exhibit: Exhibit) -> dict[str, Tensor]:
    exhibit.pair()
    there = exhibit.held_out
    if there is None or not exhibit.source.is_paired or len(there.a) != len(there.b):
        raise Refused(f"the truth is not known: {exhibit.data.name} has no held-out pictures that share their names.")
    return {"a": brightness(there.a.images), "b": brightness(there.b.images)}


def _l1(made: Tensor, truth: Tensor) -> float:
    return (made - truth).abs().mean().item()


def _apart(one: Tensor, other: Tensor) -> float:
    return (one - other).norm(dim=1).double().mean().item()


def _bytes(pictures: Tensor) -> Tensor:
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte()
