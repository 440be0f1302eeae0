"""From rounds to numbers that add up."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ganzoo.bench.contest import Round
from ganzoo.bench.result import Result, Setting
from ganzoo.bench.summary import spread, summed_up
from ganzoo.bench.tally import Work
from ganzoo.game import Phase

LIMIT = {"products": 100.0, "convolutions": 200.0}
PHASES = [Phase("g", lambda batch: None, "g"), Phase("d", lambda batch: None, "d", every=4, repeat=2)]
SETTING = Setting(
    family="a", preset="tiny", data="anime", size=16, batch=8, at=0.9, images=900, total=1000, device="cpu",
    hardware="a processor", precision="fp32", compiled=False, threads=1, cores=2, commit="abc", date="2026-01-02",
    versions={"torch": "2.8.0"},
)  # fmt: skip
WORK = {
    "g": Work(1e9, 2e9, operations=50, seconds=0.04, product_seconds=0.03),
    "d": Work(convolutions=4e9, operations=20),
}


def taken(step: float, g: float, d: float, loader: float = 0.01, opponent: float | None = None) -> Round:
    parts = {"begin": 0.001, "loader": loader, "g": g, "d": d, "averages": 0.002}
    return Round(step, parts, opponent, LIMIT)


ROUNDS = [taken(0.100, 0.05, 0.03), taken(0.200, 0.11, 0.06), taken(0.104, 0.05, 0.035)]


def result(rounds=ROUNDS, **options) -> Result:
    return summed_up(SETTING, rounds, PHASES, WORK, 8.0, 1 << 30, **options)


def test_stages_add_up_to_the_step():
    each = result()
    assert [stage.name for stage in each.stages] == ["loader", "g", "d", "averages", "rest"]
    assert [stage.kind for stage in each.stages] == ["loader", "phase", "phase", "averages", "rest"]
    assert sum(stage.ms for stage in each.stages) == pytest.approx(each.ms_per_step)
    assert sum(stage.share for stage in each.stages) == pytest.approx(1)
    assert all(stage.ms > 0 for stage in each.stages)


def test_numbers_are_medians():
    each = result()
    assert each.ms_per_step == pytest.approx(104)
    assert each.images_per_second == pytest.approx(8 / 0.104)
    assert each.quartiles == pytest.approx((102, 152))
    assert each.loader_share == pytest.approx(0.01 / 0.104, rel=0.05)


def test_what_products_attain_in_their_own_shapes_is_told():
    assert result().own_gflops == pytest.approx(7e9 / 0.03 / 1e9)  # 7 GFLOP in 0.03 s
    assert json.loads(json.dumps(result().record()))["own_gflops"] == pytest.approx(233.333)


def test_one_round_is_what_it_says():
    each = result([ROUNDS[0]])
    found = {stage.name: stage.ms for stage in each.stages}
    assert found == pytest.approx({"loader": 10, "g": 50, "d": 30, "averages": 2, "rest": 8})
    assert each.quartiles == pytest.approx((100, 100))


def test_speed_is_told_of_the_limit_for_what_is_computed():
    each = result([ROUNDS[0]])
    g, d = each.stages[1:3]
    assert g.bound_ms == pytest.approx(1000 * (1 / 100 + 2 / 200))
    assert g.gflops == pytest.approx(3 / 0.05)
    assert g.of_limit == pytest.approx(20 / 50)
    assert (g.within, d.within) == (0.75, 0)
    assert (d.every, d.repeat) == (4, 2)
    assert each.gflops == pytest.approx(7 / 0.1)
    assert each.ceiling_gflops == pytest.approx(7 / 0.04)  # 20 ms each
    assert each.of_limit == pytest.approx(0.4)
    assert each.stages[0].gflops == each.stages[0].of_limit == 0


def test_without_products_the_ceiling_is_the_machine_s():
    each = summed_up(SETTING, ROUNDS, PHASES, {}, 8.0, 0)
    assert (each.gflops, each.ceiling_gflops, each.of_limit) == (0, 200, 0)


def test_the_ratio_is_of_rounds_and_not_of_medians():
    rounds = [
        taken(0.1, 0.05, 0.03, opponent=0.2),
        taken(0.4, 0.2, 0.1, opponent=0.4),
        taken(0.2, 0.1, 0.05, opponent=0.6),
    ]
    against = result(rounds, opponent="steps.py:plain").against
    assert against.ratio == pytest.approx(2)
    assert against.quartiles == pytest.approx((1.5, 2.5))
    assert against.range == pytest.approx((1, 3))
    assert against.ms_per_step == pytest.approx(400)
    assert against.images_per_second == pytest.approx(20)


@pytest.mark.parametrize(("values", "pair"), [([3], (3, 3)), ([1, 2, 3, 4, 5], (2, 4)), ([5, 1], (2, 4))])
def test_the_spread_is_quartiles(values, pair):
    assert spread(values) == pytest.approx(pair)


def test_the_record_has_the_keys_of_the_contract_first():
    record = json.loads(json.dumps(result().record(), allow_nan=False))
    assert list(record)[:9] == [
        "family", "batch", "size", "images_per_second", "ms_per_step", "peak_memory", "gflops", "ceiling_gflops",
        "loader_share",
    ]  # fmt: skip
    assert record["phases"].keys() == {"g", "d"}
    assert record["against"] is None
    assert sum(stage["ms"] for stage in record["stages"]) == pytest.approx(record["ms_per_step"], abs=1e-3)
    told = json.loads(json.dumps(result([taken(0.1, 0.05, 0.03, opponent=0.2)], opponent="x.py:y").record()))
    assert told["against"]["ratio"] == 2
    assert told["against"]["quartiles"] == [2, 2]


def test_rows_have_the_same_columns_with_and_without_an_opponent():
    alone, with_other = result().row(), result([taken(0.1, 0.05, 0.03, opponent=0.2)], opponent="x.py:y").row()
    assert list(alone) == list(with_other)
    assert list(alone)[:3] == ["date", "commit", "device"]
    assert {"torch", "threads", "family", "preset", "size", "batch", "images_per_second", "ratio"} <= set(alone)
    text = io.StringIO()
    writer = csv.DictWriter(text, alone)
    writer.writerow(with_other)
    assert len(text.getvalue().splitlines()) == 1
