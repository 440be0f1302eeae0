"""Captions as numbers: an encoder of words that learns from the pictures they stand beside.

The papers take theirs ready-made, learnt by the structured joint embedding of Reed et al. 2016 (arXiv:1605.05395) from
pictures and captions. Ours is learnt in the same spirit and within the run: of all pictures of a batch, the embedding
of a caption is to point at its own. The generators hear it as it is and do not teach it, as they do not in the papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game import full_precision
from ganzoo.game.nn.pyramid import picture, reduced
from ganzoo_stackgan.networks import looking

EYE = 32  # side of the pictures that captions are compared with: what they tell is seen from afar
SHARPNESS = 10.0  # of the comparison: how much more likely a perfect likeness is than none, as a logarithm


class TextEncoder(nn.Module):
    """Words to the embedding of a text: int64 [N, L], padded with 0, to [N, T] of mean 0 and variance 1.

    Convolutions hear words in company ("blue hair", "green eyes"); what any place of the text says is kept, and beside
    it the mean of all words.
    """

    def __init__(self, words: Sequence[str], text: int, width: int, known: Mapping[str, Sequence[float]] | None = None):
        super().__init__()
        self.words = Words(words, width, known or {})
        inputs = self.words.width
        self.near = nn.Conv1d(inputs, width, 3, padding=1)
        self.far = nn.Conv1d(width, width, 3, padding=1)
        self.out = nn.Linear(width + inputs, text)

    def forward(self, tokens: Tensor) -> Tensor:
        said = (tokens > 0)[:, None]  # N x 1 x L
        words = self.words(tokens).mT  # N x width x L, 0 where nothing is said
        x = F.relu(self.near(words)) * said
        x = F.relu(x + self.far(x)) * said
        mean = words.sum(2) / said.sum(2).clamp(min=1)
        return standardised(self.out(torch.cat([x.amax(2), mean], 1)))


class Words(nn.Module):
    """Vectors of words: int64 [N, L] to [N, L, width]; those given in ``known`` stay as they are, others are learnt."""

    def __init__(self, words: Sequence[str], width: int, known: Mapping[str, Sequence[float]]):
        super().__init__()
        self.width = len(next(iter(known.values()))) if known else width
        learnt = [number for number, word in enumerate(words, start=1) if word not in known]
        self.learnt = nn.Embedding(len(learnt) + 1, self.width, padding_idx=0)
        given = torch.zeros(len(words) + 1, self.width) if known else None
        place = torch.zeros(len(words) + 1, dtype=torch.long)  # of a word among those that are learnt, 0 for none
        place[learnt] = torch.arange(1, len(learnt) + 1)
        for number, word in enumerate(words, start=1):
            if word in known:
                given[number] = torch.tensor(known[word])
        if known:
            given /= given[given.any(1)].square().mean().sqrt()  # as large as those that are learnt
        self.register_buffer("given", given)
        self.register_buffer("place", place)

    def forward(self, tokens: Tensor) -> Tensor:
        learnt = self.learnt(self.place[tokens])
        return learnt if self.given is None else learnt + self.given[tokens]


class Eye(nn.Module):
    """Pictures to the embedding that their captions are to have: [N, C, S, S] to [N, T]."""

    def __init__(self, shape: tuple[int, ...], text: int, width: int):
        super().__init__()
        channels, side = picture(shape, "stackgan")
        self.times = max(side // EYE, 1)
        layers, most = looking(channels, side // self.times, width)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * most, text))

    def forward(self, x: Tensor) -> Tensor:
        return standardised(self.layers(reduced(x, self.times)))


def standardised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[1:])


def likeness(told: Tensor, seen: Tensor) -> Tensor:
    """How well each text [N, T] suits each picture [M, T]: their cosine [N, M], sharpened."""
    with full_precision(told.device):
        return SHARPNESS / told.shape[1] * (told.float() @ seen.float().T)


def contrast(told: Tensor, seen: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric cross-entropy of texts that look for their picture and pictures that look for their text.

    Pictures of one caption, told by its tokens [N, L], are equally right for it. Gives the loss, and the share of
    texts that found a right one.
    """
    alike = likeness(told, seen)
    right = (tokens[:, None] == tokens).all(2)  # N x N
    aim = right / right.sum(1, keepdim=True)
    found = right.gather(1, alike.argmax(1, keepdim=True)).float().mean()
    return (F.cross_entropy(alike, aim) + F.cross_entropy(alike.T, aim)) / 2, found
