"""Finds the directions of the bundled extractor: ``python docs/bundled.py``; with ``--check`` only compares.

Random convolutions describe drawn pictures by 1350 numbers. Ridge regression tells from these what is known of the
pictures; the answers, turned to their principal axes and scaled to unit variance, are the features. All of it is in
closed form and in double precision, so that another machine finds the same directions to rounding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import one_hot

from ganzoo.data.drawn import animals, faces, figures
from ganzoo.data.drawn.source import Drawing, DrawnSource
from ganzoo.score.bundled import DIRECTIONS, FILE, Directions, Responses, prepared

DRAWINGS = (faces, animals, figures)
SIDES = (32, 64)  # pixels
COUNT = 2_000  # pictures of each drawing and side
SEED = 1  # of the drawings: no picture of the sets that people train on is among them
RIDGE = 1e-2  # of the mean variance of a response
FAINT = 0.1  # of the mean spread of a response: what spreads less than this is not blown up
UNSEEN = ("wording",)  # attributes that no picture shows
SAME = 1e-3  # how far two machines may differ, as a share


def find(without: Collection[str] = ()) -> dict[str, Tensor]:
    """`middle` float32 [1350] and `axes` float32 [1350, 64], from all drawings but those named."""
    responses, truths = [], []
    for drawing in DRAWINGS:
        if drawing.NAME not in without:
            told, known = zip(*looked_at(drawing), strict=True)
            responses.append(torch.cat(told))
            truths.append(torch.cat(known))
    there = [torch.ones(len(each), 1, dtype=torch.float64) for each in truths]
    sets = torch.block_diag(*there)  # which drawing a picture is of is known as well
    answers = torch.cat((torch.block_diag(*[each - each.mean(0) for each in truths]), sets - sets.mean(0)), 1)
    return discriminants(torch.cat(responses), answers)


def looked_at(drawing: Drawing) -> Iterator[tuple[Tensor, Tensor]]:
    """By side: responses to pictures [n, 1350], and what is known of each [n, values of all attributes]."""
    network = Responses()
    for number, side in enumerate(SIDES):
        chunk = DrawnSource(drawing, SEED).make(np.arange(COUNT) + number * COUNT, side, 3)
        with torch.no_grad():
            told = torch.cat([network(prepared(block)) for block in torch.from_numpy(chunk.images).split(64)])
        known = [
            one_hot(torch.from_numpy(chunk.attributes[name]), len(values)).double()
            for name, values in drawing.NAMES.items()
            if name not in UNSEEN
        ]
        yield told.double(), torch.cat(known, 1)


def discriminants(responses: Tensor, answers: Tensor) -> dict[str, Tensor]:
    """What `Directions` takes: those in responses [n, d] that tell centred answers [n, k], most telling first."""
    middle, spread = responses.mean(0), responses.std(0)
    spread += FAINT * spread.mean()
    x = (responses - middle) / spread
    gram = x.T @ x / len(x)
    ridge = RIDGE * torch.eye(len(gram), dtype=gram.dtype)
    weights = torch.linalg.solve(gram + ridge, x.T @ answers / len(x))
    values, turns = torch.linalg.eigh(weights.T @ gram @ weights)
    told = turns[:, -DIRECTIONS:] / values[-DIRECTIONS:].sqrt()
    axes = weights @ told.flip(1) / spread[:, None]
    axes *= axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()  # of two opposite directions always the same
    return {"middle": middle.float(), "axes": axes.float().contiguous()}


def difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """Between two extractors' features of drawn pictures that neither was made from, as a share of their spread."""
    images = DrawnSource(faces, SEED + 1).make(np.arange(256), SIDES[0], 3).images
    with torch.no_grad():
        a, b = (Directions(**each)(prepared(torch.from_numpy(images))) for each in (one, other))
    gaps = torch.cdist(a, a), torch.cdist(b, b)  # which do not change with a turn of the axes
    return ((gaps[0] - gaps[1]).norm() / gaps[0].norm()).item()


def main() -> int:
    """Write the file, or say whether what is there is what comes out here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    found = find()
    if not parser.parse_args().check:
        save_file(found, FILE)
        return 0
    share = difference(load_file(FILE), found)
    print(f"{FILE.name}: distances of pictures differ by {share:.1e} of themselves.")
    return int(share > SAME)


if __name__ == "__main__":
    sys.exit(main())
