"""The mixture over sites: kept where sites disagree, given back where they do not, refused where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.per_site import PerSite, PerSiteConfig
from medgraft.transfer.strategies.strategy import Material

CASES = 360
CONFIG = PerSiteConfig(root=False, repeats=1)


def material(turned, seed=0):
    """Column 0 says the class, at the last of three sites by ``turned`` (1: as elsewhere, −1: the other way round);
    column 1 says the site."""
    rng = np.random.default_rng(seed)
    groups = np.arange(CASES) // 2
    labels, site = (groups % 2).astype(np.int64), groups // 2 % 3
    features = rng.normal(size=(CASES, 5))
    features[:, 0] += np.where(site == 2, turned, 1) * 3.0 * (labels - 0.5)
    features[:, 1] += 6.0 * site
    return Material(
        features=features.astype(np.float32),
        labels=labels,
        groups=groups,
        is_val=groups % 10 == 7,
        index=np.arange(CASES),
        n_classes=2,
        pixels=lambda rows: np.zeros((len(rows), 1, 8, 8), np.float32),
        backbone=None,
        modality="unknown",
        checkpoints=None,
        sites=np.array(["a", "b", "c"])[site],
    )


def accuracy(result, given):
    return np.mean(result.head.answers(Bags.single(given.features)).argmax(axis=1) == given.labels)


def test_sites_that_disagree_are_kept_apart():
    result, other = PerSite(CONFIG).fit(material(-1)), material(-1, seed=1)
    assert result.facts["kept"] == "per-site"
    assert result.facts["gain"]["low"] > 0
    assert result.facts["auroc"]["per_site"] > 0.9 > result.facts["auroc"]["pooled"]
    assert accuracy(result, other) > 0.85
    pooled = LinearProbe(LinearProbeConfig(root=False)).fit(material(-1))
    assert accuracy(pooled, other) < 0.75


def test_sites_that_agree_are_pooled():
    given = material(1)
    result = PerSite(CONFIG).fit(given)
    pooled = LinearProbe(LinearProbeConfig(root=False, repeats=1)).fit(given)
    assert result.facts["kept"] == "pooled"
    assert result.facts["gain"]["low"] <= 0
    np.testing.assert_array_equal(result.head.weight, pooled.head.weight)
    np.testing.assert_array_equal(result.out_of_fold.probability, pooled.out_of_fold.probability)


def test_a_case_gets_the_answer_of_the_site_that_it_looks_like():
    given = material(-1)
    head = PerSite(CONFIG).fit(given).head
    likeness = head.likeness(Bags.single(given.features))
    assert np.mean(np.array(["a", "b", "c"])[likeness.argmax(axis=1)] == given.sites) > 0.97


def test_it_can_be_had_in_any_case():
    result = PerSite(PerSiteConfig(root=False, repeats=0, keep="always")).fit(material(1))
    assert (result.facts["kept"], result.head.kind) == ("per-site", "per-site")
    assert result.out_of_fold is None
    assert result.facts["gain"]["high"] is not None


def test_unknown_sites_train_the_pooled_probe_only():
    given = material(-1)
    hidden = np.where(np.arange(CASES) // 2 % 5 == 0, "", given.sites)
    result = PerSite(CONFIG).fit(replace(given, sites=hidden))
    assert result.facts["unknown_site"] == int(np.sum((hidden == "") & ~given.is_val))
    assert set(result.facts["sites"]) == {"a", "b", "c"}
    turned = np.where(hidden == "", 1 - given.labels, given.labels)
    always = PerSite(PerSiteConfig(root=False, repeats=1, keep="always"))
    one = always.fit(replace(given, sites=hidden)).head
    other = always.fit(replace(given, sites=hidden, labels=turned)).head
    for mine, its in zip(one.members, other.members, strict=True):
        np.testing.assert_array_equal(mine.weight, its.weight)


def test_a_site_with_one_class_answers_with_the_pooled_probe():
    given = material(1)
    only = (given.sites != "b") | (given.labels == 0)
    rows = np.flatnonzero(only)
    fields = ("features", "labels", "groups", "is_val", "index", "sites")
    part = replace(given, **{name: getattr(given, name)[rows] for name in fields})
    head = PerSite(PerSiteConfig(root=False, repeats=1, keep="always")).fit(part).head
    pooled = LinearProbe(LinearProbeConfig(root=False)).probe(part).head
    np.testing.assert_allclose(head.members[1].weight, pooled.weight, rtol=1e-4, atol=1e-5)
    assert not np.allclose(head.members[0].weight, pooled.weight)


@pytest.mark.parametrize("sites", [None, np.full(CASES, "a"), np.full(CASES, "")])
def test_fewer_than_two_sites_are_refused(sites):
    with pytest.raises(UsageError, match="--site-col"):
        PerSite(CONFIG).fit(replace(material(1), sites=sites))
