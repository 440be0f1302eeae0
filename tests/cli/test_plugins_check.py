"""`ganzoo plugins check`: the contract, read out."""

from __future__ import annotations

import pytest

from ganzoo.testing.contract import CHECKS, CONTRACTS


@pytest.mark.parametrize("name", ["vanilla", "Vanilla"])
def test_each_promise_has_a_line(ganzoo, name):
    told = ganzoo("plugins", "check", name, "--kind", "family")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(f"family vanilla: {len(CHECKS)} of {len(CHECKS)} promises kept\n")
    assert all(len(line) <= 80 for line in told.out.splitlines())


def test_json_has_every_finding(ganzoo):
    (told,) = ganzoo("plugins", "check", "hinge", "--json").json
    assert (told["kind"], told["name"]) == ("losses", "hinge")
    assert [finding["check"] for finding in told["findings"]] == list(CONTRACTS["losses"].checks)
    assert all(finding["kept"] for finding in told["findings"])


def test_all_that_a_package_brings_is_looked_at(ganzoo):
    told = ganzoo("plugins", "check", "dcgan", "--kind", "discriminators", "--json").json
    assert [each["name"] for each in told] == ["dcgan", "dcgan-5x5"]
    assert {each["kind"] for each in told} == {"discriminators"}


def test_a_name_nobody_has_is_refused(ganzoo):
    told = ganzoo("plugins", "check", "dcgn")
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith("error: Nothing is called 'dcgn'. Did you mean dcgan")
    told = ganzoo("plugins", "check", "hinge", "--kind", "metric")
    assert told.err.startswith("error: No metric 'hinge'.")


def test_a_broken_promise_is_a_failure(ganzoo, monkeypatch):
    from ganzoo_dcgan.networks import Discriminator
    from torch import nn

    whole = Discriminator.__init__

    def with_sigmoid(self, *args, **kwargs):
        whole(self, *args, **kwargs)
        self.append(nn.Sigmoid())

    monkeypatch.setattr(Discriminator, "__init__", with_sigmoid)
    told = ganzoo("plugins", "check", "dcgan", "--kind", "discriminator")
    assert told.status == 1
    assert "leave the sigmoid out" in " ".join(told.out.split())
    assert told.err == "error: discriminator dcgan does not keep the contract.\n"
