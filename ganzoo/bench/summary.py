"""From rounds to a result: medians that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from ganzoo.bench.contest import Round
from ganzoo.bench.result import Against, Pair, Result, Setting, Stage
from ganzoo.bench.tally import Work
from ganzoo.game import Phase


def summed_up(
    setting: Setting,
    rounds: Sequence[Round],
    phases: Sequence[Phase],
    work: Mapping[str, Work],
    images: float,
    peak: int,
    opponent: str = "",
) -> Result:
    """Medians over rounds.

    Args:
        setting: what was timed.
        rounds: at least one.
        phases: of the recipe, in order.
        work: of each part in the mean step.
        images: real images in the mean step.
        peak: bytes.
        opponent: what the step of one's own is called, where there was one.
    """
    ms = 1000 * median(each.step for each in rounds)
    limit = {name: median(each.ceiling[name] for each in rounds) for name in rounds[0].ceiling}
    return Result(
        setting=setting,
        rounds=len(rounds),
        images_per_step=images,
        ms_per_step=ms,
        quartiles=spread([1000 * each.step for each in rounds]),
        peak_memory=peak,
        stages=tuple(_stages(rounds, phases, work, ms, limit)),
        ceiling=limit,
        ceiling_best={name: max(each.ceiling[name] for each in rounds) for name in limit},
        against=_against(rounds, images, opponent) if opponent else None,
    )


def spread(values: Sequence[float]) -> Pair:
    """The first and the third quartile; of one value, itself."""
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def _stages(
    rounds: Sequence[Round], phases: Sequence[Phase], work: Mapping[str, Work], ms: float, limit: Mapping[str, float]
) -> list[Stage]:
    """Every part by its median share; shares are made to be of one whole, so that the stages add up to the step."""
    turns = {phase.name: (phase.every, phase.repeat) for phase in phases}
    kinds = {"loader": "loader", **dict.fromkeys(turns, "phase"), "averages": "averages"}
    shares = {name: median(each.parts.get(name, 0.0) / each.step for each in rounds) for name in kinds}
    # What nobody claimed: to begin a step, and to go from one to the next.
    kinds["rest"] = "rest"
    shares["rest"] = median(max(0.0, 1 - sum(each.parts.get(n, 0.0) for n in shares) / each.step) for each in rounds)
    whole = sum(shares.values())
    found = []
    for name, kind in kinds.items():
        share = shares[name] / whole
        done = work.get(name, Work())
        bound = (done.products / limit["products"] + done.convolutions / limit["convolutions"]) / 1e6
        own = 1000 * done.product_seconds
        within = done.product_seconds / done.seconds if done.seconds else 0.0
        every, repeat = turns.get(name, (1, 1))
        found.append(
            Stage(name, kind, share * ms, share, done.flops / 1e9, bound, own, within, done.operations, every, repeat)
        )
    return found


def _against(rounds: Sequence[Round], images: float, opponent: str) -> Against:
    """Ratios of what was measured in the same round, so that a slow minute counts for both."""
    seconds = [each.opponent for each in rounds if each.opponent is not None]
    ratios = [other / each.step for other, each in zip(seconds, rounds, strict=True)]
    other = median(seconds)
    return Against(opponent, 1000 * other, images / other, median(ratios), spread(ratios), (min(ratios), max(ratios)))
