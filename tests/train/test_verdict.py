"""The verdict on a run, from its log alone: what it takes to be given, to be taken back, and what is advised."""

from __future__ import annotations

import re

import pytest

from ganzoo.train.verdict import (
    CALM,
    DOUBT,
    FALL,
    FLOOR,
    GROWTH,
    READINGS,
    START,
    VERDICTS,
    Judge,
    changes,
    pairs,
    remedy,
)
from ganzoo.zoo.config import assignments, resolve
from ganzoo.zoo.registry import zoo

SURE = {"d/real": 1 - DOUBT / 2, "d/fake": DOUBT / 2, "health": {"accuracy": {"d/real": 1.0, "d/fake": 1.0}}}
UNSURE = {"d/real": 0.7, "d/fake": 0.3, "health": {"accuracy": {"d/real": 0.9, "d/fake": 0.9}}}


def log(*lines: dict, every: int = 50, start: int = 0) -> list[dict]:
    """Lines of a log, so many steps apart."""
    return [{"step": start + every * k, "images": 8 * (start + every * k), "health": {}, **line}
            for k, line in enumerate(lines, 1)]  # fmt: skip


def verdicts(lines: list[dict]) -> list[str]:
    judge = Judge()
    return [judge.hear(line) for line in lines]


def varied(*diversities: float) -> list[dict]:
    return [{"health": {"diversity": diversity, "duplicates": 0.0}} for diversity in diversities]


def test_a_verdict_takes_several_lines_in_a_row():
    assert verdicts(log(*[SURE] * READINGS))[-2:] == ["balanced", "discriminator wins"]
    broken = [*[SURE] * (READINGS - 1), UNSURE] * 3
    assert set(verdicts(log(*broken))) == {"balanced"}


def test_lines_in_quick_succession_are_one():
    assert set(verdicts(log(*[SURE] * 51, every=2))) == {"balanced", "discriminator wins"}
    assert set(verdicts(log(*[SURE] * 50, every=2))) == {"balanced"}


def test_a_verdict_is_taken_back_only_when_things_are_much_better():
    won, middling = [SURE] * READINGS, {**SURE, "d/fake": DOUBT / (CALM + 0.1)}
    assert verdicts(log(*won, *[middling] * 20))[-1] == "discriminator wins"
    assert verdicts(log(*[middling] * 20))[-1] == "balanced"
    better = {**SURE, "d/fake": DOUBT / (CALM - 0.1)}
    assert verdicts(log(*won, *[better] * READINGS))[-2:] == ["discriminator wins", "balanced"]


def test_lines_that_cannot_tell_change_nothing():
    won = log(*[SURE] * READINGS)
    silent = [{"step": 10_000, "images": 1, "d/loss": 0.0}, {"step": 10_001, "images": 1, "health": {}}]
    assert verdicts(won + silent)[-1] == "discriminator wins"
    assert (
        verdicts(log(*[each for _ in range(READINGS) for each in (SURE, {"d/loss": 1.0})]))[-1] == "discriminator wins"
    )
    assert set(verdicts(won[:-1] + won[-2:-1] * 9)) == {"balanced"}  # the last line of a run repeats the one before


def test_every_part_of_a_log_gives_the_verdict_the_whole_gave_there():
    lines = log(*varied(0.1, 0.5, 0.8, 0.8, *[0.1] * 6, *[0.5] * 6), *[SURE] * 6, *[UNSURE] * 6, {"g/loss": 1.0},
                *[{"g/loss": 2.0 * GROWTH}] * 6)  # fmt: skip
    whole = verdicts(lines)
    assert set(whole) == set(VERDICTS)
    for cut in range(len(lines)):
        judge = Judge(lines[:cut])
        assert [judge.hear(line) for line in lines[cut:]] == whole[cut:]


# diverging


@pytest.mark.parametrize(
    "grown",
    [
        {"g/loss": 2.0 * GROWTH},
        {"g/loss": -2.0 * GROWTH},
        {"health": {"gradients": {"g": 2.0 * GROWTH}}},
        {"health": {"diversity": 2.0 * GROWTH, "duplicates": 0.0}},
    ],
)
def test_diverging_is_growth_over_the_smallest_there_was(grown):
    first = {"g/loss": 0.7, "health": {"gradients": {"g": 0.1}, "diversity": 0.9, "duplicates": 0.0}}
    assert verdicts(log(first, grown, grown, every=1)) == ["balanced", "balanced", "diverging"]


def test_large_numbers_are_no_growth_and_small_ones_none_that_matters():
    assert set(verdicts(log(*[{"ae/loss": 40_000.0}] * 9, *[{"ae/loss": 500.0}] * 9))) == {"balanced"}
    assert set(verdicts(log({"d_r1/loss": 1e-6}, *[{"d_r1/loss": 50.0}] * 9))) == {"balanced"}


# the discriminator wins


def test_a_discriminator_that_is_right_but_not_sure_still_teaches():
    right = {"d/real": 0.73, "d/fake": 0.27, "health": {"accuracy": {"d/real": 1.0, "d/fake": 1.0}}}  # hinge's margin
    assert set(verdicts(log(*[right] * 20))) == {"balanced"}


def test_one_of_several_games_lost_is_enough():
    lost = {"d/real_a": 0.5, "d/fake_a": 0.5, "d/real_b": 1.0, "d/fake_b": 0.0}
    accuracy = {"d/real_a": 0.5, "d/fake_a": 0.5, "d/real_b": 1.0, "d/fake_b": 1.0}
    assert verdicts(log(*[{**lost, "health": {"accuracy": accuracy}}] * READINGS))[-1] == "discriminator wins"


def test_scores_of_a_critic_say_nothing_about_winning():
    assert set(verdicts(log(*[{"d/real": 30.0, "d/fake": -30.0}] * 20))) == {"balanced"}


def test_a_game_is_a_real_and_its_fake():
    keys = ["d/fake", "d/real", "d/wrong", "e/real", "d2/real_16", "d2/fake_16", "d2/fake_32"]
    assert pairs(keys) == [("d/real", "d/fake"), ("d2/real_16", "d2/fake_16")]


# mode collapse


def test_a_collapse_is_a_fall_to_a_quarter_of_the_best():
    risen = [0.1, 0.8, 0.8]
    assert verdicts(log(*varied(*risen, *[0.8 * FALL - 0.01] * READINGS)))[-2:] == ["balanced", "mode collapse"]
    assert set(verdicts(log(*varied(*risen, *[0.8 * FALL + 0.01] * 9)))) == {"balanced"}


def test_more_than_the_data_have_is_no_best():
    assert set(verdicts(log(*varied(*[3.0] * 4, *[FALL + 0.01] * 9)))) == {"balanced"}
    assert verdicts(log(*varied(*[3.0] * 4, *[FALL - 0.01] * 9)))[-1] == "mode collapse"


def test_what_never_rose_cannot_fall():
    assert set(verdicts(log(*varied(*[2e-5] * 4, *[1e-6] * 9)))) == {"balanced"}


def test_one_high_reading_is_no_best():
    assert set(verdicts(log(*varied(0.2, 3.0, *[0.2] * 9)))) == {"balanced"}


def test_a_generator_may_start_slowly_but_not_for_ever():
    slow = log(*varied(*[FLOOR / 2] * 40), every=50)
    early = [verdict for line, verdict in zip(slow, verdicts(slow), strict=True) if line["step"] < START]
    assert set(early) == {"balanced"}
    assert verdicts(slow)[-1] == "mode collapse"


# what is said of it


def test_what_comes_first_is_named_first():
    both = {**SURE, "health": {**SURE["health"], "diversity": 0.0, "duplicates": 1.0}}
    assert verdicts(log(*[both] * 9, start=START))[-1] == "discriminator wins"


def test_changes_are_told_with_their_images():
    lines = [{"images": k, "health": {"verdict": v}} for k, v in enumerate(["balanced", "diverging", "diverging"])]
    lines += [{"images": 3, "d/loss": 1.0}, {"images": 4, "health": {"verdict": "balanced"}}]
    assert changes(lines) == [(1, "diverging"), (4, "balanced")]


@pytest.mark.parametrize("card", zoo().all("families"), ids=lambda card: card.name)
@pytest.mark.parametrize("verdict", VERDICTS[1:])
def test_a_remedy_is_a_sentence_with_settings_the_family_takes(card, verdict):
    for preset in card.presets:
        config = vars(resolve(card, preset))
        text = remedy(verdict, config)
        assert text.endswith(".")
        assert len(text) < 250
        assert "Try " in text
        for setting in re.findall(r"--set (\S+=[^\s,]*[^\s,.])", text):
            changed = vars(resolve(card, preset, assignments([setting])))
            assert changed != config, setting


def test_where_all_is_well_there_is_nothing_to_do():
    assert remedy("balanced", {"batch": 64}) == ""
