"""Extractors by name, and weights that are found, fetched or refused; from a local file and a local server."""

from __future__ import annotations

import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from ganzoo.errors import RequestError
from ganzoo.score import weights
from ganzoo.score.extractors import BLOCK, find_extractor


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder that a local server gives out; gives the folder and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def pictures(count: int, channels: int = 3, side: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, (count, channels, side, side), generator=torch.Generator().manual_seed(count)).byte()


def test_weights_are_fetched_once_and_kept(served, monkeypatch):
    folder, address = served
    (folder / "w.pth").write_bytes(b"published")
    monkeypatch.setattr(weights, "HASH", hashlib.sha256(b"published").hexdigest()[:8])
    assert weights.found() is None
    place = weights.fetched(f"{address}/w.pth")
    assert place.read_bytes() == b"published"
    (folder / "w.pth").unlink()
    assert weights.fetched(f"{address}/w.pth") == weights.found() == place


def test_what_is_not_the_published_file_is_not_kept(served):
    folder, address = served
    (folder / "w.pth").write_bytes(b"something else")
    with pytest.raises(RequestError, match="not the published file"):
        weights.fetched(f"{address}/w.pth")
    assert weights.found() is None


@pytest.mark.parametrize("place", ["missing.pth", None])
def test_without_a_network_there_is_advice(served, place):
    address = f"{served[1]}/{place}" if place else "http://127.0.0.1:9/w.pth"
    with pytest.raises(RequestError, match="--weights FILE, or use --features bundled") as told:
        weights.fetched(address)
    assert len(str(told.value).splitlines()) == 2


def test_auto_takes_the_bundled_one_where_there_is_no_inception():
    assert find_extractor("auto").name == "bundled"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_features_do_not_depend_on_what_is_looked_at_beside(channels):
    extractor = find_extractor("bundled")
    images = pictures(BLOCK + 6, channels)
    together = extractor(images).values
    assert (extractor(images[:5]).values == together[:5]).all()
    assert (extractor(images[-3:]).values == together[-3:]).all()


def test_any_model_of_timm_with_weights_of_ones_own(tmp_path):
    import timm

    net = timm.create_model("test_resnet", pretrained=False)
    torch.save(net.state_dict(), tmp_path / "own.pth")
    extractor = find_extractor("timm:test_resnet", tmp_path / "own.pth")
    features = extractor(pictures(3)).values
    assert features.shape == (3, net.num_features)
    assert features.std() > 0
    other = timm.create_model("test_resnet", pretrained=False)
    torch.save(other.state_dict(), tmp_path / "other.pth")
    assert find_extractor("timm:test_resnet", tmp_path / "other.pth").hash != extractor.hash


def test_a_model_of_timm_without_weights_says_what_to_do():
    with pytest.raises(RequestError, match="--weights FILE"):
        find_extractor("timm:test_resnet")


@pytest.mark.parametrize(("name", "near"), [("inceptio", "inception"), ("clip-vit-b-33", "clip-vit-b-32")])
def test_an_unknown_extractor_is_refused_with_near_misses(name, near):
    with pytest.raises(RequestError, match=near):
        find_extractor(name)


def test_what_is_used_of_torch_fidelity_is_there():
    """None of it is promised by its documentation; the pin in pyproject.toml is what keeps it."""
    from torch_fidelity.metric_isc import isc_features_to_metric
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

    assert {"clip-vit-b-32", "dinov2-vit-s-14", "inception-v3-compat"} <= set(FEATURE_EXTRACTORS_REGISTRY)
    assert callable(isc_features_to_metric)


@pytest.mark.slow
def test_inception_sees_what_torch_fidelity_sees(tmp_path):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Blank(FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            """Stays as it was initialised: the real weights are not here."""

    file = tmp_path / "random.pth"
    torch.save({}, file)
    torch.save(Blank("blank", ["2048"], feature_extractor_weights_path=str(file)).state_dict(), file)
    extractor = find_extractor("inception", file)
    assert (extractor.name, extractor.standard) == ("inception", False)
    assert extractor.hash == weights.digest(file)[:16]
    oracle = FeatureExtractorInceptionV3("oracle", ["2048"], feature_extractor_weights_path=str(file))
    images = pictures(2)
    told = extractor(images)
    assert told.values.shape == (2, 2048)
    assert told.logits.shape == (2, 1008)
    torch.testing.assert_close(told.values, oracle(images)[0], rtol=1e-4, atol=1e-5)
