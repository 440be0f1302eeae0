"""Whether samples show what was asked for, to a judge that learned it from real pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganzoo.score.bank import chosen
from ganzoo.score.exhibit import Exhibit, Refused
from ganzoo.score.metrics.probe import Probe, one_hot

COMMON = 0.5  # words of more captions than this say nothing: "a", "with"
RARE = 20  # captions a word must stand in for the judge to learn what it looks like


def label_accuracy(exhibit: Exhibit) -> dict[str, float]:
    """Whether a sample looks like the class it was asked for.

    ``label_accuracy_real`` is how often the judge is right on data it did not learn from: the most that can be asked.
    """
    if "label" not in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} was not asked for classes here.")
    judge = Probe(exhibit.real.values, one_hot(exhibit.labels(), len(exhibit.target.facts.classes)))
    scores = {"label_accuracy": _right(judge(exhibit.fake.values), exhibit.drawn.cond["label"])}
    if exhibit.unseen is not None:
        truth = torch.from_numpy(exhibit.unseen_target.labels[chosen(exhibit.unseen_target)])
        scores["label_accuracy_real"] = _right(judge(exhibit.unseen.values), truth)
    return scores


def text_accuracy(exhibit: Exhibit) -> dict[str, float]:
    """The share of a caption's words that can be seen in the picture, words that most captions have left out.

    ``text_accuracy_shuffled`` asks the same of the captions of other samples: what is right by chance.
    ``text_accuracy_real`` asks it of held-out pictures and their own captions.
    """
    pack = exhibit.pictures()
    if "text" not in exhibit.takes:
        raise Refused(f"{exhibit.trained.family.name} was not asked in words here.")
    told = _words(pack.tokens[chosen(pack), 0], len(pack.facts.words))
    telling = (told.double().mean(0) < COMMON) & (told.sum(0) >= RARE)
    if not telling.any():
        raise Refused(f"no word stands in {RARE} captions of {exhibit.data.name} and in less than half of them.")
    judge = Probe(exhibit.real.values, told[:, telling])
    seen = judge(exhibit.fake.values) > 0.5
    asked = _words(exhibit.drawn.cond["text"].numpy(), len(pack.facts.words))[:, telling]
    scores = {"text_accuracy": _share(asked, seen), "text_accuracy_shuffled": _share(asked.roll(1, 0), seen)}
    if exhibit.unseen is not None:
        unseen = exhibit.unseen_target
        truth = _words(unseen.tokens[chosen(unseen), 0], len(pack.facts.words))
        scores["text_accuracy_real"] = _share(truth[:, telling], judge(exhibit.unseen.values) > 0.5)
    return scores


def _right(scores: Tensor, truth: Tensor) -> float:
    return (scores.argmax(1) == truth).double().mean().item()


def _share(asked: Tensor, seen: Tensor) -> float:
    """Of the words asked for, bool [n, words], those that are seen."""
    return ((asked & seen).sum().double() / asked.sum().clamp(min=1)).item()


def _words(tokens: np.ndarray, count: int) -> Tensor:
    """Which words captions int64 [n, L] have, bool [n, words]; token 0 is none."""
    present = torch.zeros(len(tokens), count + 1, dtype=torch.bool)
    return present.scatter_(1, torch.from_numpy(np.array(tokens)), True)[:, 1:]
