"""Whether samples show what was asked for, to a reader that learned it from real pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.score.exhibit import Exhibit, Refused
from ganzoo.score.reader import WORDS, truths, words_of

COMMON = 0.5  # words of more captions than this say nothing: "a", "with"
RARE = 20  # captions a word must stand in for anybody to learn what it looks like


def label_accuracy(exhibit: Exhibit) -> dict[str, float]:
    """Whether a sample looks like the class it was asked for.

    ``label_accuracy_real`` is how often the reader is right about real pictures that it did not learn from: the most
    that can be asked.
    """
    if "label" not in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} was not asked for classes here.")
    exhibit.classed()
    told = exhibit.reader.read(exhibit.drawn.examples)["class"].argmax(1)
    right = (told == exhibit.drawn.cond["label"]).double().mean().item()
    return {"label_accuracy": right, "label_accuracy_real": exhibit.reader.trusted["class"]}


def text_accuracy(exhibit: Exhibit) -> dict[str, float]:
    """The share of a caption's words that can be seen in the picture, words that most captions have left out.

    ``text_accuracy_shuffled`` asks the same of the captions of other samples: what is right by chance.
    ``text_accuracy_real`` asks it of held-out pictures, or those of the data, and their own captions.
    """
    pack = exhibit.pictures()
    if "text" not in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} was not asked in words here.")
    told = truths(pack)[WORDS]
    telling = (told.double().mean(0) < COMMON) & (told.sum(0) >= RARE)
    if not telling.any():
        raise Refused(f"no word stands in {RARE} captions of {exhibit.data.name} and in less than half of them.")
    asked = words_of(exhibit.drawn.cond["text"].numpy(), len(pack.facts.words))[:, telling]
    seen = exhibit.reader.read(exhibit.drawn.examples)[WORDS][:, telling] > 0
    there = exhibit.unseen_target or pack
    real = exhibit.reader.read(there.images[: exhibit.samples])[WORDS][:, telling] > 0
    return {
        "text_accuracy": _share(asked, seen),
        "text_accuracy_shuffled": _share(asked.roll(1, 0), seen),
        "text_accuracy_real": _share(truths(there)[WORDS][: exhibit.samples, telling], real),
    }


def _share(asked: Tensor, seen: Tensor) -> float:
    """Of the words asked for, bool [n, words], those that are seen."""
    return ((asked & seen).sum().double() / torch.clamp(asked.sum(), min=1)).item()
