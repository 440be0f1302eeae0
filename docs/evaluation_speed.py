"""How fast evaluation is: the table in docs/metrics.md, against scipy's square root and torch-fidelity.

    uv run --with scipy docs/evaluation_speed.py [--rounds 5] [--threads 2] [--busy]

Every contender takes its turn in every round, so that a machine that is busy for a while is busy for all. Features are
random, with a spectrum that falls like Inception's; Inception's network has random weights, which takes as long. The
ceiling is what one large product of matrices and one large convolution attain in the same rounds. On a machine that is
never idle, ``--busy`` counts the seconds in which the processor worked on it; take one thread then.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import scipy.linalg
import torch
from torch.utils.flop_counter import FlopCounterMode
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from ganzoo.bench.ceiling import Ceiling
from ganzoo.bench.machine import hardware
from ganzoo.score.extractors import find_extractor
from ganzoo.score.metrics.frechet import Moments, distance, moments
from ganzoo.score.metrics.kernel import kid
from ganzoo.score.metrics.neighbours import ladders, neighbourhood
from ganzoo.train.device import Backend

WIDTH, SAMPLES, FEW = 2_048, 5_000, 1_000  # features; examples of either set
PICTURES = 32  # through Inception
KID = {
    "kid_subsets": 100, "kid_subset_size": 1_000, "rng_seed": 2020, "verbose": False, "kid_kernel": "poly",
    "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1,
}  # fmt: skip
PRC = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
Run = Callable[[], object]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--busy", action="store_true")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--threads", type=int, default=torch.get_num_threads())
    told = words.parse_args()
    torch.set_num_threads(told.threads)
    if told.busy:
        time.perf_counter = time.process_time  # for all that is timed here, the ceiling too
    cpu = torch.device("cpu")
    print(f"{hardware(cpu)}, {told.threads} threads, torch {torch.__version__}, medians of {told.rounds} rounds\n")
    print("| step | ganzoo, s | against | s | ratio (least to most) |\n|---|---|---|---|---|", flush=True)
    for name, own, others in distances():
        compared(name, own, others, told.rounds)
    extraction(told.rounds)


def compared(name: str, own: Run, others: dict[str, Run], rounds: int) -> None:
    """A row for each of the others."""
    mine, theirs = [], {other: [] for other in others}
    for _ in range(rounds):
        mine.append(timed(own))
        for other, run in others.items():
            theirs[other].append(timed(run))
    for other, times in theirs.items():
        ratios = [b / a for a, b in zip(mine, times, strict=True)]
        spread = f"{median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        print(f"| {name} | {median(mine):.2f} | {other} | {median(times):.2f} | {spread} |", flush=True)


def distances() -> list[tuple[str, Run, dict[str, Run]]]:
    """What is done with features, however they were found."""
    real, fake, few = features(SAMPLES, 1), features(SAMPLES, 2, 1.1), features(FEW, 3, 1.1)
    own_real, own_fake, own_few = (moments(each) for each in (real, fake, few))
    dense_real, dense_fake, dense_few = (dense(each) for each in (real, fake, few))
    ladder = ladders(real, 5)
    agree(distance(own_real, own_fake), by_root(dense_real, dense_fake))

    def unknown() -> float:
        """What is kept of the data from one evaluation to the next is found anew."""
        return distance(Moments(own_real.count, own_real.mean, own_real.covariance), own_fake)

    root, values = "root of the product, scipy", "its eigenvalues, torch-fidelity"
    return [
        (
            "Frechet, first time",
            unknown,
            {
                root: lambda: by_root(dense_real, dense_fake),
                values: lambda: fid_statistics_to_metric(dense_real, dense_fake, False),
            },
        ),
        ("Frechet", lambda: distance(own_real, own_fake), {root: lambda: by_root(dense_real, dense_fake)}),
        (
            f"Frechet, {FEW:,} samples",
            lambda: distance(own_real, own_few),
            {root: lambda: by_root(dense_real, dense_few)},
        ),
        ("KID", lambda: kid(real, fake), {"torch-fidelity": lambda: kid_features_to_metric(fake, real, **KID)}),
        (
            "precision, recall, density, coverage",
            lambda: neighbourhood(real, fake, known=lambda k: ladder[:, k - 1]),
            {"torch-fidelity, the first two": lambda: prc_features_to_metric(fake, real, **PRC)},
        ),
    ]


def extraction(rounds: int) -> None:
    """Pictures a second and GFLOP/s, beside what the machine attains."""
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(256, (1_024, 3, 64, 64), dtype=torch.uint8, generator=chance)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random.pth"
        oracle = blank(file)
        inception = find_extractor("inception", file)
        bundled, ceiling = find_extractor("bundled"), Ceiling(Backend.choose("cpu", "fp32"))
        few, small = images[:PICTURES], images[:, :, :32, :32].contiguous()
        runs: dict[str, tuple[Run, int, float]] = {
            "Inception, torch-fidelity": (lambda: oracle(few), len(few), flops(lambda: oracle(few))),
            "Inception, ganzoo": (lambda: inception(few), len(few), flops(lambda: inception(few))),
            "bundled, 64 px": (lambda: bundled(images), len(images), flops(lambda: bundled(images))),
            "bundled, 32 px": (lambda: bundled(small), len(small), flops(lambda: bundled(small))),
        }
        times, ceilings = {name: [] for name in runs}, []
        for _ in range(rounds):
            for name, (run, _, _) in runs.items():
                times[name].append(timed(run))
            ceilings.append(ceiling.measure())
    print("\n| extractor | pictures/s | GFLOP/s |\n|---|---|---|")
    for name, (_, count, work) in runs.items():
        print(f"| {name} | {count / median(times[name]):,.1f} | {work / 1e9 / median(times[name]):.0f} |")
    for name in ceilings[0]:
        print(f"| ceiling, {name} | | {median(each[name] for each in ceilings):.0f} |")


def dense(features: torch.Tensor) -> dict[str, np.ndarray]:
    """Mean and covariance as scipy and torch-fidelity take them."""
    return {"mu": features.double().mean(0).numpy(), "sigma": features.double().T.cov().numpy()}


def by_root(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """The Frechet distance as it was first computed."""
    root = scipy.linalg.sqrtm(one["sigma"] @ other["sigma"]).real
    shift = np.square(one["mu"] - other["mu"]).sum()
    return float(shift + np.trace(one["sigma"]) + np.trace(other["sigma"]) - 2 * np.trace(root))


def agree(one: float, other: float) -> None:
    if abs(one - other) > 1e-6 * abs(other):
        raise SystemExit(f"{one} and {other} are two numbers for one thing.")


def features(count: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    """float32 [count, WIDTH]; standard deviations along some axes fall from 1 to 0.01."""
    mix = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=torch.Generator().manual_seed(7)))[0]
    drawn = torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))
    return scale * (drawn * torch.logspace(0, -2, WIDTH)) @ mix


def blank(file: Path) -> FeatureExtractorInceptionV3:
    """torch-fidelity's network with weights as they are before training, which are written to a file."""

    class Blank(FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            """Nothing to load."""

    torch.save({}, file)
    torch.manual_seed(0)
    net = Blank("blank", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(file))
    torch.save(net.state_dict(), file)
    return net


def flops(run: Run) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return counter.get_total_flops()


def timed(run: Run) -> float:
    began = time.perf_counter()
    with torch.no_grad():
        run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
