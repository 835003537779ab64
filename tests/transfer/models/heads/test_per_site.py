"""The mixture over sites: its arithmetic, its parts, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import HEADS
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.per_site import PerSiteHead


def linear(outputs, seed, rooted=False):
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(outputs, 4)), rng.normal(size=outputs)
    return LinearHead(weight.astype(np.float32), bias.astype(np.float32), rooted)


HEAD = PerSiteHead(linear(3, 0), (linear(2, 1), linear(2, 2), linear(2, 3)))
BAGS = Bags.single(np.random.default_rng(4).normal(size=(20, 4)).astype(np.float32))


def test_answers_are_those_of_the_sites_by_likeness():
    likeness = HEAD.origin.answers(BAGS)
    by_hand = sum(likeness[:, [place]] * member.answers(BAGS) for place, member in enumerate(HEAD.members))
    np.testing.assert_allclose(HEAD.answers(BAGS), by_hand, atol=1e-12)
    np.testing.assert_allclose(HEAD.answers(BAGS).sum(axis=1), 1.0)
    np.testing.assert_array_equal(HEAD.likeness(BAGS), likeness)
    assert HEAD.attention(BAGS) is None


def test_a_case_that_is_of_one_site_for_sure_gets_that_sites_answer():
    sure = LinearHead(np.zeros((3, 4), np.float32), np.array([-50, 50, -50], np.float32))
    np.testing.assert_allclose(PerSiteHead(sure, HEAD.members).answers(BAGS), HEAD.members[1].answers(BAGS), atol=1e-12)


@pytest.mark.parametrize("rooted", [False, True])
def test_its_parts_make_it_again_to_the_last_bit(rooted):
    head = PerSiteHead(linear(2, 0, rooted), (linear(2, 1, rooted), linear(2, 2, rooted)))
    again = HEADS.get("per-site").restore(head.tensors(), head.facts())
    assert again.shape == (2, 4)
    np.testing.assert_array_equal(again.answers(BAGS), head.answers(BAGS))


def test_a_case_of_several_rows_is_their_mean():
    bags = Bags(BAGS.rows, np.array([0, 5, 20]))
    np.testing.assert_array_equal(HEAD.answers(bags), HEAD.answers(Bags.single(bags.means())))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArtifactError, match="2 sites"):
        PerSiteHead(linear(3, 0), (linear(2, 1), linear(2, 2)))
    with pytest.raises(ArtifactError, match="2 sites"):
        PerSiteHead(linear(2, 0), (linear(2, 1), linear(3, 2)))
