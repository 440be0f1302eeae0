"""`ganzoo evaluate`: numbers that say how they were made."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields

import pytest

PROTOCOL = {
    "data", "data_hash", "split", "real", "samples", "size", "channels", "extractor", "extractor_hash", "resize",
    "weights", "truncation", "seed", "precision", "version",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cache(monkeypatch, _trained):
    monkeypatch.setenv("GANZOO_CACHE", str(_trained.parent.parent / "cache"))


def test_scores_are_told_with_their_protocol_and_kept(ganzoo, trained):
    told = ganzoo("evaluate", trained, "--metric", "fid,kid", "--samples", 30, "--json")
    assert told.status == 0
    assert told.json["run"] == trained.name
    assert set(told.json["metrics"]) == {"fid", "kid", "kid_std"}
    assert set(told.json["protocol"]) == PROTOCOL
    assert told.json["protocol"]["samples"] == 30
    assert told.json["protocol"]["extractor"] == "bundled"
    (line,) = (trained / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line) == told.json
    assert [path.name for path in sorted((trained / "evaluation").iterdir())] == [
        "000000128-nearest.png",
        "000000128.png",
    ]


def test_the_same_request_gives_the_same_number(ganzoo, trained):
    words = ("evaluate", trained, "--metric", "all", "--samples", 30, "--json")
    first, second = ganzoo(*words), ganzoo(*words)
    assert first.json == second.json
    other = ganzoo(*words, "--seed", 100)
    assert other.json["metrics"] != first.json["metrics"]
    assert "refused" in first.json


def test_the_table_says_what_the_numbers_are_worth(ganzoo, trained):
    told = ganzoo("evaluate", trained, "--samples", 30)
    assert told.status == 0
    assert "30 samples (averaged weights, seed 0) against 24 of pics at 16 px, bundled features" in told.out
    assert "never with published ones" in told.err
    assert "biased upwards" in told.err
    assert max(map(len, told.out.splitlines())) <= 120


def test_all_gives_the_curve_over_training(ganzoo, trained):
    told = ganzoo("evaluate", trained, "--metric", "kid", "--samples", 20, "--all", "--json")
    images = [each["images"] for each in told.json["curve"]]
    assert images == sorted(int(path.stem) for path in (trained / "checkpoints").iterdir())
    assert told.json["curve"][-1]["metrics"] == told.json["metrics"]
    assert len((trained / "metrics.jsonl").read_text().splitlines()) == len(images)


def test_a_checkpoint_alone_and_live_weights(ganzoo, trained):
    checkpoint = max((trained / "checkpoints").iterdir())
    whole = ganzoo("evaluate", trained, "--samples", 20, "--json").json
    assert ganzoo("evaluate", checkpoint, "--samples", 20, "--json").json == whole
    live = ganzoo("evaluate", trained, "--samples", 20, "--live", "--json").json
    assert live["protocol"]["weights"] == "live"
    assert live["metrics"] != whole["metrics"]


def test_a_metric_that_cannot_be_costs_only_itself(ganzoo, trained):
    told = ganzoo("evaluate", trained, "--metric", "kid,pair_l1", "--samples", 20, "--json")
    assert told.status == 0
    assert list(told.json["refused"]) == ["pair_l1"]
    assert "dcgan does not translate" in told.err
    alone = ganzoo("evaluate", trained, "--metric", "pair_l1", "--json")
    assert (alone.status, alone.out) == (1, "")
    assert "dcgan does not translate" in alone.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "fiid"), "Did you mean fid"),
        (("--metric", ","), "--metric names none"),
        (("--features", "bundeled"), "Did you mean bundled?"),
        (("--features", "timm:resnet18x"), "Did you mean"),
        (("--features", "inception", "--weights", "nowhere.pth"), "No file nowhere.pth"),
        (("--data", "nowhere/at/all"), "No folder or zip"),
        (("--samples", "1"), "--samples"),
        (("--device", "tpu"), "tpu"),
    ],
)
def test_a_wrong_request_is_refused_in_a_line_or_two(ganzoo, trained, words, said):
    told = ganzoo("evaluate", trained, *words)
    assert (told.status, told.out) == (2, "")
    assert said in told.err
    assert not (trained / "metrics.jsonl").exists()


def test_no_such_run(ganzoo, tmp_path):
    told = ganzoo("evaluate", "latest", "--runs", tmp_path)
    assert told.status == 2
    assert "ganzoo train dcgan" in told.err


def test_weights_that_are_more_than_tensors_are_not_unpickled(ganzoo, trained, tmp_path):
    bad = tmp_path / "bad.pth"
    bad.write_bytes(b"cposix\nsystem\n(S'touch pwned'\ntR.")
    told = ganzoo("evaluate", trained, "--features", "inception", "--weights", bad)
    assert told.status == 2
    assert "is no file of weights" in told.err
    assert not (tmp_path / "pwned").exists()


def test_other_data_are_named_in_the_protocol(ganzoo, trained, pictures, tmp_path):
    own = ganzoo("evaluate", trained, "--samples", 20, "--json").json["protocol"]
    told = ganzoo("evaluate", trained, "--data", pictures(tmp_path / "few", count=20), "--samples", 20, "--json")
    assert (told.json["protocol"]["data"], told.json["protocol"]["real"]) == ("few", 20)
    assert told.json["protocol"]["data_hash"] != own["data_hash"]


def test_data_that_changed_since_are_refused(ganzoo, pictures, tmp_path):
    data = pictures(tmp_path / "pics")
    ganzoo("train", "dcgan", "--preset", "tiny", "--data", data, "--steps", 1, "--runs", tmp_path / "runs")
    (data / "00.png").unlink()
    told = ganzoo("evaluate", "latest", "--runs", tmp_path / "runs")
    assert told.status == 2
    assert "has changed" in told.err


def test_a_line_cut_short_does_not_hide_the_others(ganzoo, trained):
    ganzoo("evaluate", trained, "--samples", 20)
    file = trained / "metrics.jsonl"
    file.write_text(file.read_text() + '{"run": "x", "ima')
    told = ganzoo("compare", trained, "--samples", 20, "--json")
    assert told.status == 0


def test_every_field_of_a_protocol_is_told():
    from ganzoo.score.protocol import Protocol

    assert {each.name for each in fields(Protocol)} == PROTOCOL


def test_a_run_that_is_gone_in_part(ganzoo, trained):
    shutil.rmtree(trained / "checkpoints")
    told = ganzoo("evaluate", trained)
    assert told.status == 2
    assert "no usable checkpoint" in told.err
