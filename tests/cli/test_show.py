"""`ganzoo show`: one card."""

from __future__ import annotations

import pytest


def test_a_family_shows_paper_settings_presets_and_networks(ganzoo):
    told = ganzoo("show", "dcgan")
    assert told.status == 0
    for words in ("dcgan (family, 2015)", "arXiv:1511.06434", "real images per batch", "paper  ", "370,624"):
        assert words in told.out
    assert max(map(len, told.out.splitlines())) <= 80


def test_networks_are_counted_for_the_preset_and_the_settings(ganzoo):
    counts = {
        name: ganzoo("show", "dcgan", *words, "--json").json["networks"]
        for name, words in {
            "default": [],
            "paper": ["--preset", "paper"],
            "grey": ["--preset", "paper", "--set", "channels=1"],
            "narrow": ["--set", "width=16"],
        }.items()
    }
    assert counts == {
        "default": {"g": {"parameters": 370_624}, "d": {"parameters": 167_808}},
        "paper": {"g": {"parameters": 3_576_704}, "d": {"parameters": 2_765_568}},
        "grey": {"g": {"parameters": 3_574_656}, "d": {"parameters": 2_763_520}},
        "narrow": {"g": {"parameters": 144_352}, "d": {"parameters": 42_944}},
    }  # of the published code, families.md section 0.1


def test_a_preset_for_points_builds_for_points(ganzoo):
    shown = ganzoo("show", "vanilla", "--preset", "points", "--json").json
    assert shown["networks"] == {"g": {"parameters": 33_666}, "d": {"parameters": 33_537}}
    assert "points of 2" in ganzoo("show", "vanilla", "--preset", "points").out


def test_json_has_config_presets_and_settings(ganzoo):
    shown = ganzoo("show", "dcgan", "--preset", "tiny", "--set", "loss=hinge", "--json").json
    assert shown["config"]["size"] == 16
    assert shown["config"]["loss"] == "hinge"
    assert shown["config"]["betas"] == [0.5, 0.999]
    assert shown["presets"]["paper"]["size"] == 64
    (size,) = [each for each in shown["settings"] if each["name"] == "size"]
    assert size == {"name": "size", "type": "int", "default": 32, "meaning": "side of the pictures, in pixels"}
    assert {each["name"] for each in shown["settings"]} == set(shown["config"])


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("hinge", "losses", "arXiv:1705.02894"),
        ("anime", "datasets", "drawn faces"),
        ("mlp", "generators", "Perceptron"),
    ],
)
def test_a_card_of_another_kind(ganzoo, name, kind, words):
    assert words in ganzoo("show", name).out
    assert ganzoo("show", name, "--json").json["kind"] == kind


def test_a_name_of_several_kinds(ganzoo):
    assert "--kind generators or --kind discriminators shows them" in ganzoo("show", "dcgan").out
    assert ganzoo("show", "dcgan", "--kind", "generator", "--json").json["kind"] == "generators"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dcgn"], "Nothing is called 'dcgn'. Did you mean dcgan or cgan or dcgan-5x5? See ganzoo list --kind all."),
        (["dcgan", "--preset", "papr"], "dcgan has no preset 'papr'. Did you mean paper"),
        (["dcgan", "--set", "widht=3"], "dcgan has no setting 'widht'. Did you mean width"),
        (["dcgan", "--set", "width"], "--set width: expected key=value"),
        (["dcgan", "--set", "loss=hing"], "No loss 'hing'. Did you mean hinge"),
        (["hinge", "--preset", "paper"], "hinge is a loss: only a family has presets and settings."),
        (["dcgan", "--kind", "losses"], "No loss 'dcgan'."),
        (["dcgan", "--kind", "animals"], "No kind 'animals'."),
    ],
)
def test_what_is_wrong_is_named(ganzoo, words, message):
    told = ganzoo("show", *words)
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith(f"error: {message}")
    assert len(told.err.splitlines()) <= 2
