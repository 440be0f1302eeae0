"""Advice: what to try where a stage takes time, told from what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator

from ganzoo.bench.result import Result, Stage

SMALL = 0.05  # of a step; less is not worth a thought
LARGE = 0.25
NEAR = 0.75  # of the ceiling: what is left goes into what no product can do without
BRIEF = 0.03  # milliseconds an operation; to ask for one costs a good part of that, whatever its size
MOSTLY = 0.6  # of the time of its operations
UNSTEADY = 0.1  # quartiles this far apart, of the median


def advice(stage: Stage, result: Result) -> str:
    """What to try, in a line; empty where there is nothing to win."""
    if stage.share < SMALL:
        return ""
    return {"loader": _of_loader, "phase": _of_phase, "averages": _of_averages, "rest": _of_rest}[stage.kind](
        stage, result
    )


def remarks(result: Result) -> Iterator[str]:
    """What to know of the numbers as a whole."""
    setting = result.setting
    if setting.device == "cpu" and setting.threads < setting.cores:
        yield f"torch uses {setting.threads} of {setting.cores} cores: set OMP_NUM_THREADS={setting.cores}"
    low, high = result.quartiles
    if high - low > UNSTEADY * result.ms_per_step:
        wide = (high - low) / result.ms_per_step
        yield f"the quartiles of a step are {wide:.0%} apart: something else is busy here; more --rounds"


def _of_loader(stage: Stage, result: Result) -> str:
    if stage.ms < BRIEF * stage.operations:
        return "a larger --batch: to draw one costs the same for any"
    if result.setting.device == "cpu":
        return "a smaller --size; if it is the disk, put GANZOO_CACHE on a faster one"
    return "a set that fits into the device: a smaller --size, a device with more memory"


def _of_phase(stage: Stage, result: Result) -> str:
    tries = []
    if stage.every > 1 and stage.share > LARGE:
        tries.append("take it more rarely")
    if stage.repeat > 1 and stage.share > 2 * LARGE:
        tries.append(f"fewer repeats than {stage.repeat}")
    if stage.of_limit > NEAR:
        tries.append("near the limit here: less work is faster (--size, width)")
    elif stage.ms < BRIEF * stage.operations:
        tries.append("too little at once: a larger --batch" + (", --compile" if _may_compile(result) else ""))
    elif stage.within > MOSTLY:
        halved = "--precision bf16, " if _is_fp32_on_accelerator(result) else ""
        tries.append(f"products of slow shapes: {halved}wider layers, a larger --batch")
    else:
        fused = "--compile: " if _may_compile(result) else ""
        tries.append(f"{fused}{1 - stage.within:.0%} of it goes by between products (normalisation, activations)")
    return "; ".join(tries)


def _of_averages(stage: Stage, result: Result) -> str:
    return "a larger --batch: an average costs the same after any batch"


def _of_rest(stage: Stage, result: Result) -> str:
    return "a larger --batch: to begin a step costs the same for any"


def _may_compile(result: Result) -> bool:
    """Whether compiling is worth a try: on a CPU two families of nine gain by it, and others lose (docs/bench.md)."""
    return result.setting.device != "cpu" and not result.setting.compiled


def _is_fp32_on_accelerator(result: Result) -> bool:
    return result.setting.device != "cpu" and result.setting.precision == "fp32"
