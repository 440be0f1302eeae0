"""What people get wrong in StackGAN, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

from functools import partial

import pytest
import test_stackgan_captions as captions
import test_stackgan_losses as losses
import test_stackgan_runs as runs
import torch
from ganzoo_stackgan import branching, captioned, recipe, tree
from ganzoo_stackgan.branching import Branching
from ganzoo_stackgan.networks import Conditioning, Drawn, StageOne, divergence
from ganzoo_stackgan.recipe import Stacked
from mutation import must_be_caught
from stackgan_bench import TREE

pytestmark = pytest.mark.slow
deaf_check = captions.test_the_caption_alone_tells_wrong_pairs_from_right_ones
told_check = partial(losses.test_the_discriminators_condition_is_no_way_to_please_it, {}, 1)
frozen_check = runs.test_stage_two_leaves_stage_one_as_it_is


def no_pairs(tokens):
    return torch.arange(len(tokens)), torch.zeros(len(tokens), dtype=torch.bool)


def own_pairs(tokens):
    return torch.arange(len(tokens)), torch.ones(len(tokens), dtype=torch.bool)


def next_pairs(tokens):
    """A plain shift, which meets the same caption again."""
    return torch.arange(len(tokens)).roll(-1), torch.ones(len(tokens), dtype=torch.bool)


def attached(self, batch):
    fake, mu, logvar = self.draw(self.nets, batch["told"], *batch["noise"])
    seen = self.judge(fake)
    loss = self.loss.g(self.judge.match(seen, mu))
    return loss + self.config.kl * divergence(mu, logvar), {"kl": divergence(mu, logvar)}


def shared_eps(self, text, eps, forward=Conditioning.forward):
    return forward(self, text, eps[:1].expand_as(eps))


def one_slice(self, text, eps, forward=Conditioning.forward):
    _, mu, _ = forward(self, text, eps)
    return mu + (mu / 2).exp() * eps, mu, mu


def drawn_not_mean(self, z, text, eps, forward=StageOne.forward):
    picture, mu, logvar = forward(self, z, text, eps)
    return Drawn(picture, mu + (logvar / 2).exp() * eps, logvar)


def stage_one_learns(config, facts, make=recipe.build_stages):
    nets = make(config, facts)
    return nets | {"g2": nets["g2"] | nets["g"]}


def stage_one_awake(self, now, begin=Stacked.begin):
    begin(self, now)
    self.nets["g"].train()


def wrong_picture_is_fake(self, d, real, fake, mu, batch):
    seen, seen_fake, (other, _) = d(real), d(fake), batch["others"]
    alone, fake_alone = d.judge(seen), d.judge(seen_fake)
    right, on_fake, wrong = d.match(seen, mu), d.match(seen_fake, mu), d.match(seen[other], mu)
    pairs = (right, wrong), (alone, on_fake), (alone, fake_alone), (alone, d.judge(seen[other]))
    return sum(self.loss.d(yes, no) for yes, no in pairs), {}


def mutual(fine, coarse, weight):
    (mean, spread), (aim, aim_spread) = tree.colours(fine), tree.colours(coarse)
    return weight * ((mean - aim).square().mean() + 5 * (spread - aim_spread).square().mean())


MUTATIONS = {
    "no wrong pairs": ([(recipe, "others", no_pairs)], deaf_check),
    "wrong pairs shifted by 0": (
        [(recipe, "others", own_pairs)],
        partial(captions.test_captions_are_heard_by_the_discriminator, {}),
    ),
    "wrong pairs shifted by 0, tree": (
        [(branching, "others", own_pairs)],
        partial(captions.test_captions_are_heard_by_the_discriminator, TREE),
    ),
    "wrong pairs of one caption": ([(captioned, "others", next_pairs)], captions.test_wrong_pairs_have_another_caption),
    "condition not detached": ([(Stacked, "g_loss", attached)], told_check),
    "what is drawn instead of its mean": ([(StageOne, "forward", drawn_not_mean)], told_check),
    "divergence with the other sign": (
        [(recipe, "divergence", lambda mu, logvar: -divergence(mu, logvar))],
        losses.test_the_divergence_has_its_weight,
    ),
    "eps shared by the batch": ([(Conditioning, "forward", shared_eps)], captions.test_a_caption_leaves_room),
    "mean and deviation from one slice": (
        [(Conditioning, "forward", one_slice)],
        captions.test_both_numbers_of_a_law_have_weights_of_their_own,
    ),
    "stage one learns in stage two": ([(recipe, "build_stages", stage_one_learns)], frozen_check),
    "stage one normalises by the batch in stage two": ([(Stacked, "begin", stage_one_awake)], frozen_check),
    "tree: wrong pictures are fake": (
        [(Branching, "judged", wrong_picture_is_fake)],
        losses.test_the_tree_takes_a_picture_under_a_wrong_caption_for_real,
    ),
    "tree: the smaller scale follows": (
        [(tree, "inconsistency", mutual)],
        losses.test_a_scale_does_not_follow_the_one_above,
    ),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)
