"""What is advised follows from what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganzoo.bench.advice import advice, remarks
from ganzoo.bench.result import Result, Setting, Stage

HERE = Setting(
    family="a", preset="tiny", data="anime", size=16, batch=8, at=0.9, images=900, total=1000, device="cpu",
    hardware="a processor", precision="fp32", compiled=False, threads=2, cores=2, commit="abc", date="2026-01-02",
)  # fmt: skip
GPU = replace(HERE, device="cuda:0")


def result(setting: Setting = HERE, quartiles=(99.0, 101.0)) -> Result:
    limit = {"products": 100.0, "convolutions": 100.0}
    return Result(setting, 9, 8.0, 100.0, quartiles, 1 << 30, (), limit, limit)


def stage(kind: str, ms: float, *, gflop: float = 0.0, within: float = 0.3, operations: float = 100, **turns) -> Stage:
    return Stage("a stage", kind, ms, ms / 100, gflop, 10 * gflop, 15 * gflop, within, operations, **turns)


@pytest.mark.parametrize("kind", ["loader", "phase", "averages", "rest"])
def test_what_takes_next_to_nothing_is_left_alone(kind):
    assert advice(stage(kind, 4.0), result()) == ""
    assert advice(stage(kind, 40.0), result())


PHASES = {
    "near the limit": (stage("phase", 50, gflop=4.5), HERE, "near the limit"),
    "many small operations": (stage("phase", 50, gflop=0.1, operations=5_000), GPU, "larger --batch, --compile"),
    "many small operations, compiled": (
        stage("phase", 50, gflop=0.1, operations=5_000),
        replace(GPU, compiled=True),
        "too little at once: a larger --batch",
    ),
    "most of it between products": (
        stage("phase", 50, gflop=1.0),
        GPU,
        "--compile: 70% of it goes by between products",
    ),
    "the same, compiled": (stage("phase", 50, gflop=1.0), replace(GPU, compiled=True), "70% of it goes by between"),
    "most of it in slow products": (stage("phase", 50, gflop=1.0, within=0.8), HERE, "slow shapes: wider layers"),
    "in single precision on an accelerator": (
        stage("phase", 50, gflop=1.0, within=0.8),
        GPU,
        "--precision bf16, wider",
    ),
    "in half of it": (
        stage("phase", 50, gflop=1.0, within=0.8),
        replace(GPU, precision="bf16"),
        "shapes: wider layers",
    ),
    "seldom and long": (stage("phase", 50, gflop=4.5, every=16), HERE, "more rarely; near the limit"),
    "again and again": (stage("phase", 60, gflop=5.5, repeat=5), HERE, "fewer repeats than 5; near the limit"),
}


@pytest.mark.parametrize(("stage", "setting", "says"), PHASES.values(), ids=PHASES)
def test_phases(stage, setting, says):
    assert says in advice(stage, result(setting))


def test_what_is_not_measured_is_not_advised():
    assert "bf16" not in advice(stage("phase", 50, gflop=1.0, within=0.8), result())
    for setting in (HERE, replace(GPU, compiled=True)):  # on a CPU it makes most steps slower
        assert "--compile" not in advice(stage("phase", 50, gflop=1.0), result(setting))
        assert "--compile" not in advice(stage("phase", 50, gflop=0.1, operations=5_000), result(setting))
    assert "repeats" not in advice(stage("phase", 60, gflop=5.5), result())
    assert "rarely" not in advice(stage("phase", 50, gflop=4.5), result())


def test_loaders():
    assert "disk" in advice(stage("loader", 40), result())
    assert "fits into the device" in advice(stage("loader", 40), result(GPU))
    assert "larger --batch" in advice(stage("loader", 40, operations=2_000), result())


def test_remarks():
    assert list(remarks(result())) == []
    assert list(remarks(result(replace(HERE, threads=1)))) == ["torch uses 1 of 2 cores: set OMP_NUM_THREADS=2"]
    assert list(remarks(result(replace(GPU, threads=1)))) == []
    (busy,) = remarks(result(quartiles=(90.0, 110.0)))
    assert "20% apart" in busy
