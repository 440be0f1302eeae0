"""What both versions share: captions that are heard, pairs that do not belong together, and a game that knows them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from ganzoo import RequestError
from ganzoo.game import Batch, Latent, Loss, Outcome, Phase, Recipe
from ganzoo_stackgan import Config
from ganzoo_stackgan.text import contrast


class Captioned(Recipe):
    """A generator that is told a caption, discriminators that know it, an encoder of words and its eye."""

    takes: tuple[str, ...] = ("text",)
    reading = True  # whether the encoder still learns

    def __init__(self, nets: dict[str, nn.Module], opts: dict[str, Optimizer], loss: Loss, config: Config):
        self.nets, self.opts, self.loss, self.config = nets, opts, loss, config

    def read(self, share: float) -> None:
        """Let the encoder learn at a rate that falls in a line to 0, reached where ``share`` comes to `reading`."""
        left = 1 - share / self.config.reading if self.config.reading else 0.0
        self.reading = left > 0
        self.opts["text"].param_groups[0]["lr"] = self.config.lr_text * max(left, 0.0)

    def play(self, share: float, *players: str) -> None:
        """Halve the learning rates of some players so many times, at equal distances, while ``share`` goes to 1."""
        halved = 0.5 ** min(int((self.config.halvings + 1) * share), self.config.halvings)
        for name in players:
            self.opts[name].param_groups[0]["lr"] = rate(self.config, name) * halved

    def text_phases(self) -> list[Phase]:
        return [Phase("text", self.text_loss, "text")] if self.reading else []

    def text_loss(self, batch: Batch) -> Outcome:
        loss, found = contrast(self.nets["text"](batch["text"]), self.nets["eye"](batch["image"]), batch["text"])
        return loss, {"found": found}

    def shown(self, x: Tensor) -> Tensor:
        """Real pictures as the discriminators are to see them: each cropped anew, and in a mirror or not."""
        return cropped(x, self.config.crop, self.config.flip) if self.config.crop > 1 or self.config.flip else x

    def drawn(self, n: int, device: torch.device, parts: tuple[int, ...], seeds: Tensor | None) -> tuple[Tensor, ...]:
        """Standard normal noise [n, each of ``parts``], one draw for all of them."""
        return Latent(sum(parts))(n, device, seeds).split(parts, 1)


def rate(config: Config, player: str) -> float:
    """The learning rate that a player begins with."""
    return config.lr_d if player.startswith("d") else config.lr


def spoken(cond: Batch) -> Tensor:
    """The captions asked for, as tokens [N, L]."""
    if "text" not in cond:
        raise RequestError("stackgan draws what it is told. Say what: --text WORDS.")
    return cond["text"]


def others(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """For every caption the next in the batch, going round, that is another one [N]; and whether there is one [N]."""
    place = torch.arange(len(tokens), device=tokens.device)
    ahead = (place[:, None] + place + 1) % len(tokens)  # row i: i + 1, i + 2, ..., i
    differs = (tokens[:, None] != tokens).any(2).gather(1, ahead)
    nearest = differs.int().argmax(1, keepdim=True)  # of several, the first
    return ahead.gather(1, nearest)[:, 0], differs.any(1)


def cropped(x: Tensor, enlarge: float, flip: bool) -> Tensor:
    """Each picture ``enlarge`` times its size, cut to what it was at a place of its own; half of them in a mirror."""
    n, side = len(x), 1 / enlarge
    at = torch.zeros(n, 2, 3, device=x.device)
    at[:, :, 2] = (2 * torch.rand(n, 2, device=x.device) - 1) * (1 - side)
    at[:, 0, 0] = torch.where(torch.rand(n, device=x.device) < 0.5, -side, side) if flip else side
    at[:, 1, 1] = side
    grid = F.affine_grid(at, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
