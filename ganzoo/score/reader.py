"""The reader: a small network that learns from the real pictures of a set to tell what a picture shows.

Features are for sets of pictures; what a single one shows takes an eye for these data. It learns once for each set and
is kept in the cache. What it is worth is measured on pictures that it did not learn from, and said beside its scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, interpolate

from ganzoo.data.feed import Order
from ganzoo.data.pack import Pack
from ganzoo.score import shelf

SIDES, WIDTHS = (16, 32), (24, 48, 96)  # pixels that pictures are brought to, the lesser if they have no more; maps
EPOCHS, STEPS, BATCH, LR, SEED = 20, (150, 800), 64, 4e-3, 0  # so often is all of it seen, within so many steps
MOST, KEPT_BACK = 10_000, 2_000  # pictures it learns from, and those it is judged by: a tenth where there are few
WORDS = "words"  # the one question with any number of answers; of the others, one is right

Report = Callable[[int, int], None]


class Reader(nn.Module):
    """Pictures uint8 [n, C, H, W] to logits of the answers to each question, by its name: [n, answers].

    Args:
        shape: of the pictures.
        answers: how many there are to each question.
    """

    def __init__(self, shape: tuple[int, ...], answers: Mapping[str, int]) -> None:
        super().__init__()
        self.answers = dict(answers)
        channels, self.side = shape[0], SIDES[max(shape[1:]) > SIDES[0]]
        layers: list[nn.Module] = []
        for inputs, outputs in zip((channels, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
        last = WIDTHS[-1] * (self.side >> len(WIDTHS)) ** 2
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(last, sum(answers.values())))
        self.register_buffer("trust", torch.zeros(len(answers)))  # share of unseen pictures it is right about, each

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        x = images.float() / 127.5 - 1
        if x.shape[2:] != (self.side, self.side):
            x = interpolate(x, (self.side, self.side), mode="bilinear", antialias=True)
        return dict(zip(self.answers, self.layers(x).split(list(self.answers.values()), 1), strict=True))

    def read(self, images: np.ndarray) -> dict[str, Tensor]:
        """What many pictures show, a stretch at a time."""
        blocks = [self(torch.from_numpy(images[start : start + BATCH])) for start in range(0, len(images), BATCH)]
        return {name: torch.cat([block[name] for block in blocks]) for name in self.answers}

    @property
    def trusted(self) -> dict[str, float]:
        """By question: the share of unseen pictures that it answers rightly."""
        return dict(zip(self.answers, self.trust.tolist(), strict=True))


def truths(pack: Pack) -> dict[str, Tensor]:
    """What is known of every picture: attributes and "class" int64 [n], words of its first caption bool [n, words]."""
    told = (pack.attributes or {}).items()
    known = {key: torch.from_numpy(values) for key, values in told if values.dtype == np.int64}
    if pack.labels is not None:
        known["class"] = torch.from_numpy(pack.labels)
    if pack.tokens is not None:
        known[WORDS] = words_of(np.array(pack.tokens[:, 0]), len(pack.facts.words))
    return known


def words_of(tokens: np.ndarray, count: int) -> Tensor:
    """Which words captions int64 [n, L] have, bool [n, words]; token 0 is none."""
    present = torch.zeros(len(tokens), count + 1, dtype=torch.bool)
    return present.scatter_(1, torch.from_numpy(tokens), True)[:, 1:]


def reader_of(pack: Pack, report: Report | None = None) -> Reader:
    """A reader of a set that is known something of, from the cache where it has learned before."""
    known = truths(pack)
    answers = {name: truth.shape[1] if truth.dim() > 1 else int(truth.max()) + 1 for name, truth in known.items()}
    key = hashlib.sha256(f"{pack.hash} {sorted(answers.items())} {_recipe()}".encode()).hexdigest()[:32]
    file = shelf.place("readers", key)
    reader = Reader(pack.facts.shape, answers)
    if (kept := shelf.read(file)) is not None:
        reader.load_state_dict(kept)
    else:
        # Neither its first weights nor its order may depend on what was drawn before, nor touch what comes after.
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(SEED)
            reader = Reader(pack.facts.shape, answers)
            _teach(reader, pack, known, report)
        shelf.keep(reader.state_dict(), file)
    return reader.eval().requires_grad_(False)


def _teach(reader: Reader, pack: Pack, known: Mapping[str, Tensor], report: Report | None) -> None:
    order = Order(len(pack), (SEED,)).indices(0, len(pack))
    back = min(KEPT_BACK, max(1, len(pack) // 10))
    unseen, rows = order[:back], order[back:][:MOST]
    images = torch.from_numpy(pack.images[rows.numpy()])
    steps = min(max(EPOCHS * len(rows) // BATCH, STEPS[0]), STEPS[1])
    optimizer = torch.optim.AdamW(reader.parameters(), LR)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    places = Order(len(rows), (SEED, 1))
    for step in range(steps):
        chosen = places.indices(step * BATCH, BATCH)
        told = reader(images[chosen])
        loss = sum(_loss(told[name], truth[rows[chosen]]) for name, truth in known.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        pace.step()
        if report and (step + 1) % 20 == 0:
            report(step + 1, steps)
    reader.eval()
    with torch.no_grad():
        told = reader.read(pack.images[unseen.numpy()])
        right = [_right(told[name], truth[unseen]) for name, truth in known.items()]
        reader.trust.copy_(torch.tensor(right))


def _loss(told: Tensor, truth: Tensor) -> Tensor:
    return cross_entropy(told, truth) if truth.dim() == 1 else binary_cross_entropy_with_logits(told, truth.float())


def _right(told: Tensor, truth: Tensor) -> float:
    right = told.argmax(1) == truth if truth.dim() == 1 else (told > 0) == truth
    return right.double().mean().item()


def _recipe() -> str:
    return f"{SIDES} {WIDTHS} {EPOCHS} {STEPS} {BATCH} {LR} {SEED} {MOST} {KEPT_BACK}"
