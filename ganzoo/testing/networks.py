"""A network on trial that families choose by its name: a generator, or a discriminator."""

from __future__ import annotations

import random
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.testing.building import nearest, sizes_build_or_name_the_nearest
from ganzoo.testing.chance import chance_kept
from ganzoo.testing.finding import Broken
from ganzoo.testing.learning import BLOWN_UP
from ganzoo.testing.subject import CLASSES, COUNT, copied, differences, noise
from ganzoo.zoo.cards import Discriminator, Generator
from ganzoo.zoo.facts import Facts

LATENT, WIDTH = 12, 8  # small; a network divides its width as it likes, down to 1
SIDE, CHANNELS = 16, 3
BATCH = 6
TURNS = 4  # of weights blown up
CLOSE = 1e-4  # that kernels may round differently for one picture than for several


class NetworkTrial:
    """The network under examination, and the data made for it."""

    def __init__(self, card: Generator | Discriminator, preset: str = ""):
        self.card = card
        self.draws = isinstance(card, Generator)

    def attempt(self, size: int, channels: int) -> nn.Module:
        """Build for one kind of picture."""
        classes = CLASSES if "label" in self.card.needs else ()
        facts = Facts(shape=(channels, size, size), count=COUNT, classes=classes)
        return self.card.build(facts, width=WIDTH, **({"latent": LATENT} if self.draws else {}))

    @cached_property
    def side(self) -> int:
        """Of the pictures it is tried with."""
        with torch.device("meta"):
            return nearest(self, SIDE, CHANNELS)

    def net(self) -> nn.Module:
        """The network with first weights, always the same."""
        torch.manual_seed(0)
        return self.attempt(self.side, CHANNELS)

    def given(self, rows: slice = slice(BATCH)) -> tuple[Tensor, dict[str, Tensor]]:
        """What it is given: noise or pictures, and labels where it needs them."""
        at = torch.arange(BATCH)
        x = noise(at, (CHANNELS, self.side, self.side), stream=0)
        if self.draws:
            x = torch.randn(BATCH, LATENT, generator=torch.Generator().manual_seed(0))
        return x[rows], {"label": (at % len(CLASSES))[rows]} if "label" in self.card.needs else {}


def gives_one_answer_each(trial: NetworkTrial) -> str:
    """A picture for a vector of noise, a logit for a picture."""
    x, cond = trial.given()
    y = trial.net()(x, **cond)
    expected = (BATCH, CHANNELS, trial.side, trial.side) if trial.draws else (BATCH,)
    if not isinstance(y, Tensor) or tuple(y.shape) != expected:
        seen = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        advice = (
            "pictures are [n, C, H, W] of facts.shape" if trial.draws else "end in nn.Flatten(0), a logit a picture"
        )
        raise Broken(f"gives {seen} instead of {expected}: {advice}")
    if not y.isfinite().all():
        raise Broken("gives what is no number, from its first weights")
    return f"{tuple(x.shape)} to {expected}"


def answers_are_logits(trial: NetworkTrial) -> str:
    """Outputs have no bounds."""
    net, (x, cond) = trial.net(), trial.given()
    for turn in range(TURNS):  # small first weights take several to leave [0, 1]; probabilities never do
        with torch.no_grad():
            y = net(x, **cond)
            for p in net.parameters():
                p.mul_(BLOWN_UP)
        if y.min() < 0 or y.max() > 1:
            return f"from {y.min():.3g} to {y.max():.3g} with weights {BLOWN_UP**turn:g} times as large"
    raise Broken("gives probabilities: leave the sigmoid out, losses are written on logits")


def gradients_pass(trial: NetworkTrial) -> str:
    """Gradients reach the parameters, and what came in. Some may wait: those of a size not yet grown to."""
    net, (x, cond) = trial.net(), trial.given()
    x = x.requires_grad_()
    y = net(x, **cond)
    if not y.requires_grad:
        raise Broken("no gradient passes: is there a detach() or a no_grad() in it?")
    held = [p for p in net.parameters() if p.requires_grad]
    weights = noise(torch.arange(BATCH), y.shape[1:], stream=1)
    slope, *slopes = torch.autograd.grad((y * weights).sum(), [x, *held], allow_unused=True)
    if slope is None:
        what = "noise" if trial.draws else "pictures: the generator could learn nothing from it"
        raise Broken(f"no gradient reaches the {what}. Is there a detach() in it?")
    reached = sum(p.numel() for p, given in zip(held, slopes, strict=True) if given is not None)
    if not reached:
        raise Broken("no gradient reaches any parameter: put its layers into attributes of the module")
    return f"{reached:,} of {sum(p.numel() for p in held):,} parameters"


def nothing_outside_decides(trial: NetworkTrial) -> str:
    """From the same state, the same input gives the same output: all memory and chance are in the checkpoint."""
    net, (x, cond) = trial.net(), trial.given()
    start, seen = copied(net.state_dict()), []
    with chance_kept():
        for seed in (1, 2):
            net.load_state_dict(copied(start))
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(0)
            seen.append({"its output": net(x, **cond), **copied(net.state_dict())})
    if lost := differences(*seen):
        raise Broken(f"{lost[0]} differs the second time: keep memory in buffers, and draw by chance with torch alone")
    return "twice from one state, bit-equal"


def a_sample_stands_alone(trial: NetworkTrial) -> str:
    """In evaluation a vector of noise gives one picture, whatever stands beside it; another vector, another picture."""
    net = trial.net().eval()
    (x, cond), (one, condition) = trial.given(), trial.given(slice(1))
    with torch.no_grad():
        together, alone = net(x, **cond), net(one, **condition)
    if not torch.allclose(together[:1], alone, atol=CLOSE):
        raise Broken("a picture depends on what is drawn beside it: use no statistics of the batch in evaluation")
    if torch.equal(together[0], together[1]):
        raise Broken("two vectors of noise give one picture: the noise does not get through")
    return f"alone as among {BATCH}"


BOTH = {
    "sizes and channels": sizes_build_or_name_the_nearest,
    "shape": gives_one_answer_each,
    "gradient": gradients_pass,
    "no memory": nothing_outside_decides,
}
OF_GENERATORS = BOTH | {"a seed is a sample": a_sample_stands_alone}
OF_DISCRIMINATORS = BOTH | {"logits": answers_are_logits}
