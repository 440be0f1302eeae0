"""Cards: what a plugin hands over. Light enough to read by the hundred, none imports torch.

A card names a thing and says how to build it; ``build`` does its heavy imports inside itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ganzoo.zoo.config import Config


@dataclass(frozen=True, kw_only=True)
class Card:
    """What every registered thing says about itself."""

    kind: ClassVar[str]  # "families", "losses", ...: where it stands in `ganzoo list --kind`

    name: str  # lower case, as typed on the command line
    summary: str  # one line, no full stop
    build: Callable[..., Any]
    paper: str = ""  # "Goodfellow et al. 2014, arXiv:1406.2661"
    year: int | None = None
    needs: tuple[str, ...] = ()  # of the data: "image", "label", "text", "a", "b"


@dataclass(frozen=True, kw_only=True)
class Family(Card):
    """A whole GAN: ``build(config, facts) -> Recipe``."""

    kind = "families"

    config: type[Config]
    needs: tuple[str, ...] = ("image",)
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # at least default, paper, tiny
    data: str = "anime"  # trained on this when nothing else is asked for
    points_preset: str = ""  # the default preset on vectors; empty: the family cannot learn vectors
    idea: str = ""  # what is new in it, two or three sentences
    game: str = ""  # its objective in one formula
    good_for: str = ""
    weakness: str = ""  # the failure it is known for


@dataclass(frozen=True, kw_only=True)
class Generator(Card):
    """A network from noise to data: ``build(facts, *, latent, width) -> nn.Module``."""

    kind = "generators"


@dataclass(frozen=True, kw_only=True)
class Discriminator(Card):
    """A network from data to logits: ``build(facts, *, width) -> nn.Module``."""

    kind = "discriminators"


@dataclass(frozen=True, kw_only=True)
class Loss(Card):
    """An adversarial objective: ``build() -> ganzoo.game.Loss``."""

    kind = "losses"


@dataclass(frozen=True, kw_only=True)
class Dataset(Card):
    """A named source of data: ``build() -> ganzoo.data.Source``."""

    kind = "datasets"

    gives: tuple[str, ...] = ("image",)  # "image" or "points"; with them "label", "text"; or "a" and "b"
    licence: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric(Card):
    """A score: ``build()`` gives a function of a `ganzoo.score.Exhibit`, to a number or several under names.

    It raises `ganzoo.score.Refused` where the family or the data cannot have it.
    """

    kind = "metrics"

    better: Literal["lower", "higher"] = "lower"


CARDS: tuple[type[Card], ...] = (Family, Generator, Discriminator, Loss, Dataset, Metric)
KINDS: tuple[str, ...] = tuple(card.kind for card in CARDS)
