"""How a family draws."""

from __future__ import annotations

import torch

from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject, copied, differences
from ganzoo.train.sampling import draw

SEEDS = (3, 1, 4, 15, 9)


def a_seed_is_a_sample(subject: Subject) -> str:
    """The same seed gives the same sample beside whatever others; another seed, another sample."""
    engine = subject.trial.engine
    engine.recipe.begin(engine.now)
    given = {key: value for key, value in subject.draw(0, 1).items() if key != "image"}

    def sample(*seeds: int):
        cond = {key: value.repeat(len(seeds), *[1] * (value.dim() - 1)) for key, value in given.items()}
        return draw(engine.recipe, nets, seeds, cond, subject.backend.device)

    with engine.sampling() as nets:
        together = sample(*SEEDS)
        alone = [sample(seed)[0] for seed in SEEDS]
    if together.shape != (len(SEEDS), *subject.facts.shape):
        raise Broken(f"sample() gives {together.shape} for {len(SEEDS)} of {subject.facts.shape}")
    for seed, one, other in zip(SEEDS, together, alone, strict=True):
        if (one != other).any():
            raise Broken(
                f"seed {seed} gives another sample alone than beside others: draw noise by cond['seed'] through "
                "ganzoo.game.Latent, and use no statistics of the batch"
            )
    translates = "a" in subject.family.needs
    if not translates and (together[0] == together[1]).all():
        raise Broken("two seeds give one sample: draw noise by cond['seed'], through ganzoo.game.Latent")
    return f"{len(SEEDS)} seeds, alone and together"


def drawing_leaves_no_trace(subject: Subject) -> str:
    """Sampling changes neither networks nor the random numbers training goes on with."""
    engine = subject.trial.engine
    before = copied(engine.state())
    given = {key: value for key, value in subject.draw(0, 4).items() if key != "image"}
    engine.recipe.begin(engine.now)
    with engine.sampling() as nets:
        draw(engine.recipe, nets, range(4), given, torch.device("cpu"))
    if lost := differences(before, engine.state()):
        raise Broken(f"drawing changes {lost[0]}: networks draw in evaluation mode, and remember nothing then")
    return "state before and after is the same"
