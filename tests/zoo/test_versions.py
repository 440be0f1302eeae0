"""Ranges of versions: read as packaging reads them, and guests that were made for another ganzoo."""

from __future__ import annotations

import json

import pytest
from packaging.specifiers import SpecifierSet

from ganzoo.zoo.distributions import entry_points, own_version
from ganzoo.zoo.versions import admits, release

SPECIFIERS = (">=0.1,<1", "~=0.1", "~=1.2.3", "==0.1.*", "!=0.1.*", "==0.1", "!=0.1.0", ">0.1", "<=0.1", "<2, >=1", "")
VERSIONS = ("0.1.0", "0.1", "0.1.5", "0.2", "1.0", "1.2.3", "1.2.9", "1.3", "2.0.0", "10.0")
CARD = """
import ganzoo

@ganzoo.hookimpl
def register_losses(register):
    register(ganzoo.Loss(name="{name}", summary="A loss of a guest", build=object))
"""


@pytest.mark.parametrize("specifier", SPECIFIERS)
def test_ranges_are_read_as_packaging_reads_them(specifier):
    expected = [SpecifierSet(specifier).contains(version) for version in VERSIONS]
    assert [admits(specifier, version) for version in VERSIONS] == expected


def test_a_release_candidate_counts_as_its_release():
    assert release("1.0rc1") == release("1.0.0") == (1,)
    assert not admits("<1", "1.0rc1")
    assert release("(not installed)") == ()


@pytest.mark.parametrize(
    ("lines", "requires"),
    [
        (["ganzoo>=0.1,<1"], ">=0.1,<1"),
        (["torch>=2", "Ganzoo [extra] (<1,>=0.1)"], "<1,>=0.1"),
        (["ganzoo>=0.1", "ganzoo <1"], ">=0.1,<1"),
        (["ganzoo", "ganzoo-other>=3", 'ganzoo>=9; extra == "future"'], ""),
    ],
)
def test_what_a_package_asks_for_is_read_from_its_metadata(guests, lines, requires):
    guests.describe("ganzoo-x", {"x": "mod"}, requires=lines)
    (point,) = entry_points([str(guests.folder)])
    assert point.requires == requires


def test_a_guest_of_another_major_version_is_refused_in_a_sentence(guests):
    guests.add("ganzoo-old", "raise SystemExit('never imported')", requires=["ganzoo>=2,<3"])
    guests.add("ganzoo-fine", CARD.format(name="fine"), requires=["ganzoo>=0.1,<1"])
    listed = guests.run("list", "--kind", "losses")
    assert listed.returncode == 0
    assert "fine" in listed.stdout
    reason = f"made for ganzoo>=2,<3, and this is ganzoo {own_version()}: install a version of ganzoo-old made for it"
    assert listed.stderr == f"warning: plugin ganzoo-old 1.0 (entry point ganzoo-old): {reason}.\n"
    told = {each["name"]: each for each in json.loads(guests.run("plugins", "--json").stdout)}
    assert (told["ganzoo-old"]["state"], told["ganzoo-old"]["reason"]) == ("refused", reason)
    assert told["ganzoo-old"]["registers"] == {}
    assert told["ganzoo-fine"]["requires"] == "ganzoo>=0.1,<1"
    asked = guests.run("show", "nothing-like-it")
    assert "1 refused plugin: see ganzoo plugins." in asked.stderr
    assert (
        guests.run("plugins", "check", "ganzoo-old")
        .stderr.splitlines()[-1]
        .startswith("error: plugin ganzoo-old 1.0 (entry point ganzoo-old) is refused: made for ganzoo>=2,<3")
    )


def test_strict_stops_at_a_refused_guest_unless_it_is_switched_off(guests):
    guests.add("ganzoo-old", CARD.format(name="old"), requires=["ganzoo<0.0.1"])
    stopped = guests.run("list", GANZOO_STRICT="1")
    assert stopped.returncode == 1
    assert stopped.stderr.startswith("error: plugin ganzoo-old 1.0 (entry point ganzoo-old): made for ganzoo<0.0.1")
    assert guests.run("list", "-p", "no:ganzoo-old", GANZOO_STRICT="1").returncode == 0
