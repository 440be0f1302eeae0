"""`ganzoo plugins check`: the contract, read out."""

from __future__ import annotations

import pytest

from ganzoo.testing.contract import CHECKS


@pytest.mark.parametrize("name", ["dcgan", "DCGAN"])
def test_each_promise_has_a_line(ganzoo, name):
    told = ganzoo("plugins", "check", name)
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(f"dcgan: {len(CHECKS)} of {len(CHECKS)} promises kept\n")
    assert all(len(line) <= 80 for line in told.out.splitlines())


def test_json_has_every_finding(ganzoo):
    told = ganzoo("plugins", "check", "vanilla", "--json")
    assert [finding["check"] for finding in told.json["vanilla"]] == list(CHECKS)
    assert all(finding["kept"] for finding in told.json["vanilla"])


def test_a_name_nobody_has_is_refused(ganzoo):
    told = ganzoo("plugins", "check", "dcgn")
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith("error: No family 'dcgn'. Did you mean dcgan")


def test_a_broken_promise_is_a_failure(ganzoo, monkeypatch):
    from ganzoo_dcgan.networks import Discriminator
    from torch import nn

    whole = Discriminator.__init__

    def with_sigmoid(self, *args, **kwargs):
        whole(self, *args, **kwargs)
        self.append(nn.Sigmoid())

    monkeypatch.setattr(Discriminator, "__init__", with_sigmoid)
    told = ganzoo("plugins", "check", "dcgan")
    assert told.status == 1
    assert "leave the sigmoid out" in " ".join(told.out.split())
    assert told.err == "error: dcgan does not keep the contract.\n"
