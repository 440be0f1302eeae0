"""How a family conducts itself in training."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.game import Progress, Recipe
from ganzoo.testing.chance import chance_kept
from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject, Watched, copied, differences
from ganzoo.train import checkpoint

DRAWS = 15  # of a first step, whose gradients are compared
ALIKE = (0.62, 1.6)  # ratio of lengths that count as equal; a sum over the batch gives 0.5
BLOWN_UP = 30.0  # weights times this: a logit then leaves [0, 1], a probability cannot


def losses_stay_finite(subject: Subject) -> str:
    """Losses, and all that is learned, stay numbers."""
    trial = subject.trial
    for step, values in enumerate(trial.values):
        for key, series in values.items():
            if not all(value.isfinite().all() for value in series):
                raise Broken(f"{key} is not finite at step {step}")
    for name, net in trial.engine.recipe.nets.items():
        if not all(p.isfinite().all() for p in net.parameters()):
            raise Broken(f"weights of {name} are not finite after {len(trial.moments)} steps")
    return f"{len(trial.moments)} steps, {len(trial.values[0])} values"


def phases_move_their_own_parameters(subject: Subject) -> str:
    """A phase moves parameters of its own optimizer and no others, and in the end some loss has reached all."""
    engine = subject.trial.engine
    for phase, names in engine.strayed.items():
        if names:
            raise Broken(f"phase {phase} moves {some(names)}, which its optimizer does not hold")
    for phase, names in engine.moved.items():
        if not names:
            raise Broken(f"phase {phase} moves nothing: its loss does not depend on what its optimizer holds")
    held = {id(p) for opt in engine.recipe.opts.values() for group in opt.param_groups for p in group["params"]}
    if never := {engine.names[p] for p in held if p in engine.names} - engine.reached:
        raise Broken(
            f"no loss reaches {some(never)} in {len(subject.trial.moments)} steps, though an optimizer holds it"
        )
    if strangers := held - engine.names.keys():
        raise Broken(f"an optimizer holds {len(strangers)} parameters of no net: put the module into nets")
    return f"{len(engine.moved)} phases: {', '.join(engine.moved)}"


def schedule_follows_progress(subject: Subject) -> str:
    """What begin() sets is a function of Progress: one that jumps there sees what one that walked there saw."""
    walker = subject.recipe()
    for now in subject.trial.moments:
        walker.begin(now)
        jumper = subject.recipe()
        jumper.begin(now)
        seen, expected = schedule(jumper, now), schedule(walker, now)
        if seen != expected:
            what = next(key for key in expected if seen.get(key) != expected[key])
            raise Broken(
                f"at step {now.step}, {what} is {seen.get(what)} if begun there and {expected[what]} if trained up to "
                "there: compute it in begin() from now.step, now.images or now.fraction, and keep no counter"
            )
    return f"{len(subject.trial.moments)} moments, each begun afresh"


def schedule(recipe: Recipe, now: Progress) -> dict[str, Any]:
    """What changes over time: phases, batch, and every number of the optimizers."""
    told: dict[str, Any] = {"the batch": recipe.batch}
    told["the list of phases"] = [(phase.name, phase.opt, phase.every, phase.repeat) for phase in recipe.phases()]
    for name, opt in recipe.opts.items():
        for number, group in enumerate(opt.param_groups):
            for key, value in group.items():
                if key != "params":
                    told[f"{key} of optimizer {name}, group {number}"] = value
    return told


def resume_is_exact(subject: Subject) -> str:
    """From a checkpoint after each step, a new process takes the next step to the same bits.

    With every single step exact, a run may be cut anywhere and any number of times.
    """
    trial = subject.trial
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.safetensors"
        for step in range(len(trial.moments)):
            checkpoint.save(path, trial.states[step], {})
            engine = subject.engine(seed=1_000 + step)
            engine.load(checkpoint.load(path)[0])
            if lost := differences(trial.states[step], engine.state()):
                raise Broken(f"{some(lost)} does not survive a checkpoint: state is what state_dict() holds")
            engine.step()
            if lost := differences(trial.states[step + 1], engine.state()):
                raise Broken(
                    f"cut after step {step}, the next step differs in {some(lost)}: something it depends on is in no "
                    "checkpoint. Keep memory in buffers of a module in nets, not in lists or attributes"
                )
    return f"cut after each of {len(trial.moments)} steps, bit-equal"


def chance_comes_from_torch(subject: Subject) -> str:
    """Python's and numpy's global generators are in no checkpoint; nothing may depend on them."""
    states = []
    with chance_kept():
        for seed in (1, 2):
            engine = subject.engine()
            random.seed(seed)
            np.random.seed(seed)
            for _ in range(4):
                engine.step()
            states.append(engine.state())
    if lost := differences(*states):
        raise Broken(f"{some(lost)} depends on random or numpy.random: draw with torch, whose state is kept")
    return "4 steps under two seeds of random and of numpy.random"


def micro_batches_weigh_alike(subject: Subject) -> str:
    """Half batches, accumulated, give gradients as long as those of the whole: losses are means, not sums."""
    if subject.config.batch % 2:
        return f"not tried: a batch of {subject.config.batch} has no halves"
    whole, halves = lengths(subject, 1), lengths(subject, 2)
    for phase, length in whole.items():
        ratio = halves[phase] / max(length, 1e-12)
        if length > 1e-9 and not ALIKE[0] < ratio < ALIKE[1]:
            raise Broken(
                f"phase {phase}: two half batches give {ratio:.2f} times the gradient of one: take the mean over the "
                "batch, not the sum"
            )
    return f"accumulate=2 against 1 in {len(whole)} phases"


def lengths(subject: Subject, accumulate: int) -> dict[str, float]:
    """Length of each phase's gradient in the first step; the median over draws, for some have heavy tails."""
    engine = subject.engine(accumulate=accumulate)
    start = copied(engine.state())
    drawn: dict[str, list[float]] = {}
    for draw in range(DRAWS):
        engine.load(copied(start))
        torch.manual_seed(draw)
        engine.step()
        for phase, gradient in engine.gradients.items():
            drawn.setdefault(phase, []).append(gradient.norm().item())
    return {phase: median(values) for phase, values in drawn.items()}


def discriminators_give_logits(subject: Subject) -> str:
    """The outputs of nets whose names begin with d are scores without bounds."""
    engine = subject.engine()
    judges = {name: net for name, net in engine.recipe.nets.items() if name.startswith("d") and list(net.parameters())}
    bounded = set(judges)
    for factor in (1.0, BLOWN_UP):
        with torch.no_grad():
            for net in judges.values():
                for p in net.parameters():
                    p.mul_(factor)
        bounded &= judges.keys() - leaving_the_unit_interval(engine, judges)
    if bounded:
        raise Broken(f"{some(bounded)} gives probabilities: leave the sigmoid out, losses are written on logits")
    return ", ".join(judges) or "no net is named d..."


def leaving_the_unit_interval(engine: Watched, judges: dict[str, torch.nn.Module]) -> set[str]:
    """Which of the nets gives a number outside [0, 1], or is never asked, in one step."""
    ranges: dict[str, list[float]] = {}

    def note(name: str):
        def hook(_module: torch.nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.is_floating_point():
                ranges.setdefault(name, []).extend((output.min().item(), output.max().item()))

        return hook

    hooks = [net.register_forward_hook(note(name)) for name, net in judges.items()]
    try:
        engine.step()
    finally:
        for hook in hooks:
            hook.remove()
    return {name for name in judges if name not in ranges or min(ranges[name]) < 0 or max(ranges[name]) > 1}


def some(names: Any) -> str:
    """The first few of many names."""
    first, *rest = sorted(names)
    return f"{first} and {len(rest)} more" if rest else first
