"""Feature extractors: pictures to numbers in which distance means something, each with the hash of its weights.

``inception`` is the one published numbers are made with. ``bundled`` comes with ganzoo and needs no network; its
numbers compare runs with each other and with nothing published. ``timm:NAME`` is any backbone of timm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.errors import RequestError, did_you_mean
from ganzoo.score import weights as inception
from ganzoo.score.folding import folded

KNOWN = ("auto", "inception", "bundled", "dinov2", "clip", "timm:NAME")
BLOCK = 64  # pictures a pass; the same number always, so that features are equal to the last digit


@dataclass(frozen=True)
class Features:
    """What an extractor says of n pictures."""

    values: Tensor  # float32 [n, d]
    logits: Tensor | None = None  # of ImageNet's classes, where the extractor has them: float32 [n, 1008]


@dataclass(frozen=True)
class Extractor:
    """A network that is only looked through, and what has to be said of it in a protocol."""

    name: str
    hash: str  # of weights and of what is done to pictures before them
    resize: str
    standard: bool  # whether published numbers are made with it
    look: Callable[[Tensor], Features]  # pictures [n, 3, H, W] in 0 ... 255, on the CPU, to its features there
    continuous: bool = True  # whether it takes brightness between two whole numbers
    block: int = BLOCK  # pictures a pass

    def __call__(self, images: Tensor) -> Features:
        """Features of pictures [n, C, H, W] in 0 ... 255, uint8 or ``continuous``, with 1, 3 or 4 channels."""
        told = [self.look(_padded(block, self.block)) for block in coloured(images).split(self.block)]
        values = torch.cat([each.values for each in told])[: len(images)]
        logits = None if told[0].logits is None else torch.cat([each.logits for each in told])[: len(images)]
        return Features(values, logits)


def coloured(images: Tensor) -> Tensor:
    """Three channels: grey three times, transparency on white."""
    if images.shape[1] == 1:
        return images.expand(-1, 3, -1, -1)
    if images.shape[1] == 4:
        colour, cover = images[:, :3].float(), images[:, 3:].float() / 255
        shown = colour * cover + 255 * (1 - cover)
        return shown.round().to(torch.uint8) if images.dtype == torch.uint8 else shown
    return images


def find_extractor(asked: str = "auto", weights: Path | None = None, device: str = "cpu") -> Extractor:
    """Load an extractor by name.

    Args:
        asked: one of `KNOWN`. ``auto``: Inception if its weights are here, else the bundled one.
        weights: a file of weights to use instead of looking for one.
        device: where to compute.

    Raises:
        RequestError: no such extractor, or its weights can be had neither here nor from the network.
    """
    if asked == "auto":
        found = weights or inception.found()
        return _inception(found, device) if found else _bundled(device)
    if asked == "bundled":
        return _bundled(device)
    if asked == "inception":
        return _inception(weights or inception.fetched(), device)
    if asked.startswith("timm:"):
        return _timm(asked.removeprefix("timm:"), weights, device)
    if asked in ("clip", "dinov2") or asked.startswith(("clip-", "dinov2-")):
        return _torch_fidelity(asked, weights, device)
    raise RequestError(f"No extractor {asked!r}.{did_you_mean(asked, KNOWN)} There are {', '.join(KNOWN)}.")


def _padded(block: Tensor, size: int) -> Tensor:
    """A whole block: kernels for other numbers of rows round differently."""
    return block if len(block) == size else torch.cat((block, block[-1:].expand(size - len(block), -1, -1, -1)))


def weights_hash(net: nn.Module, *words: str) -> str:
    """Digest of every tensor of a network, and of words that say how it is used."""
    digest = hashlib.sha256("\n".join(words).encode())
    for name, tensor in sorted(net.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _looking(net: nn.Module, prepare: Callable[[Tensor], Tensor], device: str) -> Callable[[Tensor], Features]:
    net = net.to(device).eval().requires_grad_(False)

    @torch.no_grad()
    def look(images: Tensor) -> Features:
        return Features(net(prepare(images.to(device))).float().cpu())

    return look


def _bundled(device: str) -> Extractor:
    from ganzoo.score.bundled import RESIZE, load, prepared

    net = load()
    return Extractor("bundled", weights_hash(net, RESIZE), RESIZE, False, _looking(net, prepared, device))


def _inception(file: Path, device: str) -> Extractor:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    inception.check(file)
    wanted = ["2048", "logits_unbiased"]
    net = FeatureExtractorInceptionV3("inception-v3-compat", wanted, feature_extractor_weights_path=str(file))
    net = folded(net.eval()).to(device)

    @torch.no_grad()
    def look(images: Tensor) -> Features:
        values, logits = net(images.to(device))
        return Features(values.float().cpu(), logits.float().cpu())

    resize = "TensorFlow 1 bilinear to 299, as in torch-fidelity"
    # Of pictures so large a few at a time: their maps stay near the processor.
    block = BLOCK if torch.device(device).type == "cuda" else 16
    return Extractor("inception", inception.digest(file)[:16], resize, inception.is_published(file), look, False, block)


def _timm(name: str, weights: Path | None, device: str) -> Extractor:
    try:
        import timm
    except ImportError:
        raise RequestError(f"timm:{name} needs timm: uv pip install timm") from None
    if not timm.is_model(name):
        raise RequestError(f"timm has no model {name!r}.{did_you_mean(name, timm.list_models())}")
    more: dict[str, Any] = {"pretrained_cfg_overlay": {"file": str(weights)}} if weights else {}
    try:
        net = timm.create_model(name, pretrained=True, num_classes=0, **more)
    except Exception as error:  # of the hub, of the file, or of the network
        raise RequestError(
            f"No weights of timm:{name} here, and none to be had: {type(error).__name__}.\n"
            "Give a file with --weights FILE, or use --features bundled."
        ) from error
    config = net.pretrained_cfg
    side = config["input_size"][-1]
    mean, std = (torch.tensor(config[key]).view(3, 1, 1) for key in ("mean", "std"))
    resize = f"antialiased bicubic to {side}"

    def prepared(images: Tensor) -> Tensor:
        large = nn.functional.interpolate(images.float() / 255, side, mode="bicubic", antialias=True).clamp(0, 1)
        return (large - mean.to(large.device)) / std.to(large.device)

    return Extractor(f"timm:{name}", weights_hash(net, resize), resize, False, _looking(net, prepared, device))


def _torch_fidelity(asked: str, weights: Path | None, device: str) -> Extractor:
    """CLIP and DINOv2 as torch-fidelity has them; ``clip`` and ``dinov2`` are its smallest ViTs."""
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

    name = {"clip": "clip-vit-b-32", "dinov2": "dinov2-vit-s-14"}.get(asked, asked)
    if name not in FEATURE_EXTRACTORS_REGISTRY:
        near = did_you_mean(name, FEATURE_EXTRACTORS_REGISTRY)
        raise RequestError(f"torch-fidelity has no extractor {asked!r}.{near}")
    kind = FEATURE_EXTRACTORS_REGISTRY[name]
    more = {"feature_extractor_weights_path": str(weights)} if weights else {}
    try:
        net = kind(name, [kind.get_default_feature_layer_for_metric("fid")], **more).to(device).eval()
    except Exception as error:  # of the hub, of the file, or of the network
        raise RequestError(
            f"No weights of {asked} here, and none to be had: {type(error).__name__}: {str(error).splitlines()[0]}\n"
            "Give a file with --weights FILE, or use --features bundled."
        ) from error

    @torch.no_grad()
    def look(images: Tensor) -> Features:
        return Features(net(images.to(device))[0].float().cpu())

    resize = "as in torch-fidelity"
    return Extractor(name, weights_hash(net, resize), resize, False, look, False)
