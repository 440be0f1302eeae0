"""How many real images a run of so many steps shows: what its schedules and milestones are measured against."""

from __future__ import annotations

from ganzoo.game import Progress, Recipe

LOOKS = 10_000  # a run of more steps is sampled at so many of them; a shorter one is counted exactly
ROUNDS = 20
GOLDEN = 0.618034


def images_of(steps: int, recipe: Recipe, batch: int) -> int:
    """Real images in ``steps`` steps of a recipe; ``batch`` is the run's own, where the recipe asks for no other.

    What a step shows may depend on how much of the run is done (ProGAN), and thereby on the very number that is
    looked for: guesses are walked through until one comes true.
    """
    guess = steps * batch
    for _ in range(ROUNDS):
        walked = _walk(steps, recipe, Progress(batch=batch, total=guess))
        if walked == guess:
            break
        guess = walked
    return guess


def _walk(steps: int, recipe: Recipe, start: Progress) -> int:
    """Real images in ``steps`` steps if the run were one of ``start.total``."""
    looks = min(steps, LOOKS)
    stride, images, batch = steps / looks, 0.0, start.batch
    for look in range(looks):
        # Off a regular grid, which would meet every one or none of the turns that a schedule has at each 500th step.
        step = int((look + look * GOLDEN % 1) * stride)
        recipe.begin(Progress(step, int(images), batch, start.total))
        batch = recipe.batch or batch
        repeats = [phase.repeat for phase in recipe.phases() if step % phase.every == 0]
        # Fresh images are drawn for the first turn and whenever one is repeated.
        images += stride * batch * (1 + sum(repeats) - len(repeats)) if repeats else 0
    return max(1, round(images))
