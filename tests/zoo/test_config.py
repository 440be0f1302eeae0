"""Settings: from defaults, preset, zoo.toml and command line to one checked Config."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from typing import Literal

import pytest

import ganzoo
from ganzoo.errors import RequestError, WorkError
from ganzoo.zoo.config import Config, assignments, fields, resolve


@dataclass(frozen=True)
class Options(ganzoo.Config):
    """Of a family that has one of everything."""

    images: int = 1_000  # another length
    loss: ganzoo.LossName = "hinge"  # the game
    betas: tuple[float, float] = (0.5, 0.999)  # of Adam
    noise: Literal["uniform", "normal"] = "uniform"  # law of the noise
    clip: float | None = None  # 0.01 in the paper
    growing: bool = False
    note: str = "a # b"  # holds a "#"

    def check(self) -> None:
        if self.clip == 13:
            raise RequestError("clip=13: unlucky.")


FAMILY = ganzoo.Family(
    name="odd",
    summary="",
    build=object,
    config=Options,
    presets={"default": {"batch": 32}, "paper": {"betas": [0, 0.9], "images": 5_000_000}},
)


def test_fields_carry_type_default_and_the_comment_behind_them():
    found = {each.name: each for each in fields(Options)}
    assert list(found)[:6] == ["size", "channels", "batch", "images", "accumulate", "ema"]
    assert found["size"].meaning == "side of the pictures, in pixels"
    assert (found["images"].default, found["images"].meaning) == (1_000, "another length")
    assert found["betas"].type == tuple[float, float]
    assert found["noise"].meaning == "law of the noise"
    assert found["note"].meaning == 'holds a "#"'
    assert found["growing"].meaning == ""


def test_every_field_of_ours_has_a_meaning():
    from ganzoo.zoo.registry import zoo

    for family in zoo().all("families"):
        if zoo().origin(family).is_builtin:
            assert [each.name for each in fields(family.config) if not each.meaning] == []


def test_a_config_without_source_has_no_meanings():
    made = make_dataclass("Made", [("depth", int, 3)], bases=(Config,), frozen=True, namespace={"__module__": __name__})
    assert fields(made)[-1] == ("depth", int, 3, "")


def test_a_type_that_cannot_be_read_names_the_plugin():
    made = make_dataclass("Made", [("depth", "Nowhere", 3)], bases=(Config,), frozen=True)
    with pytest.raises(WorkError, match="has a type that cannot be read: name 'Nowhere'"):
        fields(made)


def test_each_layer_lies_over_the_one_before():
    config = resolve(FAMILY, "paper", {"images": 7, "note": "toml"}, {"note": "flag"})
    assert (config.size, config.batch) == (32, 64)  # the dataclass; another preset's is not taken
    assert (config.betas, config.images, config.note) == ((0.0, 0.9), 7, "flag")
    assert all(isinstance(beta, float) for beta in config.betas)  # Adam refuses (0, 0.9)


def test_default_is_the_preset_where_none_is_named():
    assert resolve(FAMILY).batch == resolve(FAMILY, "default").batch == resolve(FAMILY, "").batch == 32


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("images", "200k", 200_000),
        ("images", "1.5m", 1_500_000),
        ("images", "1e5", 100_000),
        ("images", "1_000", 1_000),
        ("images", 2e5, 200_000),
        ("ema", "10k", 10_000.0),
        ("ema", 3, 3.0),
        ("betas", "0.5,0.9", (0.5, 0.9)),
        ("betas", "(0, .9)", (0.0, 0.9)),
        ("betas", [0, 1], (0.0, 1.0)),
        ("growing", "Yes", True),
        ("growing", "off", False),
        ("noise", "Normal", "normal"),
        ("clip", "none", None),
        ("clip", "1e-2", 0.01),
        ("loss", "Least_Squares", "least-squares"),
        ("note", " x=1 ", "x=1"),
    ],
)
def test_values_are_read_by_the_type_of_their_field(key, typed, value):
    read = getattr(resolve(FAMILY, None, {key: typed}), key)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "typed", "message"),
    [
        ("batch", "many", "batch=many: expected a whole number, such as 64 or 200k. See ganzoo show odd."),
        ("batch", "1.5", "batch=1.5: expected a whole number"),
        ("batch", True, "batch=true: expected a whole number"),
        ("batch", "", "batch=: expected a whole number"),
        ("batch", None, "batch=none: expected a whole number"),
        ("batch", "inf", "batch=inf: expected a whole number"),
        ("ema", "nan", "ema=nan: expected a number"),
        ("ema", "1e999", "ema=1e999: expected a number"),
        ("betas", "0.5", "betas=0.5: expected 2 of float, as a,b"),
        ("betas", [1, 2, 3], "betas=1,2,3: expected 2 of float"),
        ("betas", 1, "betas=1: expected 2 of float"),
        ("growing", "maybe", "growing=maybe: expected true or false"),
        ("growing", 2, "growing=2: expected true or false"),
        ("noise", "pink", "noise=pink: expected one of uniform, normal"),
        ("clip", "x", "clip=x: expected a number, such as 0.5 or 2e-4 or none"),
        ("note", 3, "note=3: expected text"),
        ("loss", "hing", "No loss 'hing'. Did you mean hinge? See ganzoo list --kind losses."),
        ("bach", "3", "odd has no setting 'bach'. Did you mean batch? See ganzoo show odd."),
        ("images", "0", "images=0: expected 1 or more."),
        ("size", -3, "size=-3: expected 1 or more."),
        ("channels", 2, "channels=2: expected 1, 3 or 4, or 0 to take what the data has."),
        ("accumulate", 100, "accumulate=100: a batch of 32 has not so many equal parts."),
        ("ema", -1, "ema=-1: expected a half-life in images"),
        ("clip", 13, "clip=13: unlucky."),
    ],
)
def test_what_does_not_fit_is_refused_by_name(key, typed, message):
    with pytest.raises(RequestError) as caught:
        resolve(FAMILY, None, {key: typed})
    assert str(caught.value).startswith(message)
    assert caught.value.exit_status == 2


def test_an_unknown_preset_is_refused():
    with pytest.raises(RequestError, match=r"odd has no preset 'papr'\. Did you mean paper.* It has default, paper\."):
        resolve(FAMILY, "papr")


def test_assignments_are_split_at_the_first_equals_sign():
    assert assignments(["a=1", "b = x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(RequestError, match="--set batch: expected key=value"):
        assignments(["batch"])
