"""What the steps of perceptrons share: torch's own layers, and the data path of PyTorch-GAN."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


def loaded(subject) -> Iterator[Tensor]:
    """Batches of grey pictures, each made into an image, resized, turned into a tensor and normalised by itself."""
    side = subject.facts.shape[1]
    steps = [transforms.Resize(side), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    pictures = Pictures(subject.images, transforms.Compose(steps))
    while True:
        yield from DataLoader(pictures, batch_size=subject.batch, shuffle=True, drop_last=True)


class Pictures(Dataset):
    """Grey pictures as torchvision's MNIST holds them: bytes, made into an image whenever one is asked for."""

    def __init__(self, images: Tensor, transform: Callable):
        self.images, self.transform = images[:, 0], transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.transform(Image.fromarray(self.images[index].numpy()))


def torchs(net: nn.Module) -> nn.Module:
    """The same network with torch's own dense layers and dropout, as everybody writes them."""
    for layer in net.modules():
        for own in (nn.Linear, nn.Dropout):
            if isinstance(layer, own):
                layer.__class__ = own
    return net
