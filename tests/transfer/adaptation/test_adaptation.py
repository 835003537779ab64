"""A pair says clearly what it cannot work with, and hands out only what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.adaptation import FEWEST, Adapted, Pair, SourceCases, TargetCases
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.sigmoid import SigmoidHead

WEIGHT = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
HEAD = LinearHead(WEIGHT, np.zeros(2, np.float32))


def sides(n=30, m=25, d=4):
    rng = np.random.default_rng(1)
    source = SourceCases(rng.normal(size=(n, d)).astype(np.float32), np.arange(n) % 2, np.arange(n))
    return source, TargetCases(rng.normal(size=(m, d)).astype(np.float32), n + np.arange(m))


def pair(**changes):
    source, target = sides()
    return Pair(**{"source": source, "target": target, "n_classes": 2, "head": HEAD, **changes})


def spoilt(cases):
    features = cases.features.copy()
    features[[3, 5], 1] = np.nan
    return replace(cases, features=features)


@pytest.mark.parametrize("side", ["source", "target"])
def test_features_that_are_not_finite_are_refused(side):
    given = dict(zip(("source", "target"), sides(), strict=True))
    with pytest.raises(DataError, match=f"2 of .* {side} cases have features that are not finite"):
        pair(**{side: spoilt(given[side])})


def test_too_few_cases_are_refused():
    with pytest.raises(DataError, match=f"the target has 5 cases; at least {FEWEST}"):
        pair(target=sides(m=5)[1])
    with pytest.raises(DataError, match="the source has 19 cases"):
        pair(source=sides(n=19)[0])


def test_another_width_is_refused():
    with pytest.raises(UsageError, match="same backbone and the same preprocessing"):
        pair(target=sides(d=5)[1])
    with pytest.raises(UsageError, match="the source's features are of shape"):
        pair(source=sides(d=3)[0])


def test_a_source_of_one_class_and_other_classes_are_refused():
    source, target = sides()
    with pytest.raises(DataError, match="no case of 1 of the 2 classes"):
        pair(source=replace(source, labels=np.zeros(30, np.int64)))
    with pytest.raises(UsageError, match="class indices below 2"):
        pair(source=replace(source, labels=np.arange(30) % 3))
    with pytest.raises(UsageError, match="class indices below 2, −1"):
        pair(target=replace(target, labels=np.full(25, 2)))
    with pytest.raises(UsageError, match="of 2 classes, the pair of 3"):
        pair(n_classes=3)


def test_several_labels_a_case_are_refused():
    with pytest.raises(UsageError, match="sigmoid"):
        pair(head=SigmoidHead(WEIGHT, np.zeros(2, np.float32)))


@pytest.mark.parametrize("prior", [[0.5, 0.6], [1.0, 0.0], [1.0]])
def test_a_prior_that_is_none_is_refused(prior):
    with pytest.raises(UsageError, match="prior"):
        pair(prior=np.array(prior))


def test_what_is_not_there_is_not_handed_out():
    bare = pair(source=None)
    with pytest.raises(UsageError, match="source-free method"):
        _ = bare.seen_source
    with pytest.raises(UsageError, match="changes the network"):
        _ = bare.seen_network
    with pytest.raises(UsageError, match="--site-col"):
        _ = pair().seen_sites
    one_site = replace(sides()[0], sites=np.full(30, "a"))
    with pytest.raises(UsageError, match="1 known here"):
        _ = pair(source=one_site).seen_sites
    rows, zeros, ones = np.eye(4, dtype=np.float32), np.zeros(4, np.float32), np.ones(4, np.float32)
    other = GalleryHead(rows, np.arange(4) % 2, zeros, ones, np.zeros(2), 1.0, 1, False)
    with pytest.raises(UsageError, match="linear head, the source has one of kind 'gallery'"):
        _ = pair(head=other).linear_head


def test_the_prior_is_counted_or_told_or_even():
    source = sides()[0]
    labels = (np.arange(30) % 3 == 0).astype(np.int64)
    np.testing.assert_allclose(pair(source=replace(source, labels=labels)).source_prior, [2 / 3, 1 / 3])
    np.testing.assert_allclose(pair(source=None, prior=np.array([0.9, 0.1])).source_prior, [0.9, 0.1])
    np.testing.assert_allclose(pair(source=None).source_prior, [0.5, 0.5])


def test_known_labels_and_answers():
    target = replace(sides()[1], labels=np.where(np.arange(25) % 10 == 0, 1, -1))
    given = pair(target=target)
    np.testing.assert_array_equal(given.target.known, [0, 10, 20])
    assert not len(pair().target.known)
    np.testing.assert_array_equal(given.before, HEAD.answers(Bags.single(target.features)))
    np.testing.assert_array_equal(Adapted.on_features(HEAD, given).probability, given.before)
