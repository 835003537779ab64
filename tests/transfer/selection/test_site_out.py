"""Leave one site out: nobody of the site trains for it, and what cannot be done is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.selection.site_out import leave_one_site_out
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig

from .conftest import CASES, FITTED, source

PLANTED = {"kind": "planted", "sharp": 1.0}
SITE = np.array(["a", "b", "c"])[np.arange(CASES) // 2 % 3]


def material(folder, sites=SITE):
    return replace(source(folder=folder).material, sites=sites)


def test_nobody_of_the_site_trains_for_it(tmp_path):
    given = material(tmp_path)
    found = leave_one_site_out(given, PLANTED)
    assert found.names == ("a", "b", "c")
    assert found.answered.all()
    assert len(FITTED) == 3
    for (_, seen), name in zip(FITTED, found.names, strict=True):
        assert set(seen.sites) == set(found.names) - {name}
        assert len(seen.labels) == int(np.sum(name != SITE))
        assert not seen.is_val.any()


def test_a_patient_of_two_sites_trains_for_neither(tmp_path):
    sites = SITE.copy()
    sites[0], sites[1] = "a", "b"  # cases 0 and 1 are of one patient
    leave_one_site_out(material(tmp_path, sites), PLANTED)
    for (_, seen), name in zip(FITTED, "abc", strict=True):
        assert (0 in seen.groups) == (name == "c")


def test_unknown_sites_neither_train_nor_are_answered(tmp_path):
    sites = np.where(np.arange(CASES) < 20, "", SITE)
    found = leave_one_site_out(material(tmp_path, sites), PLANTED)
    assert not found.answered[:20].any()
    assert found.answered[20:].all()
    assert (found.site[:20] == -1).all()
    assert all(seen.index.min() >= 20 for _, seen in FITTED)


def test_answers_are_those_of_a_probe_on_the_other_sites(tmp_path):
    given = material(tmp_path)
    found = leave_one_site_out(given, {"kind": "linear-probe"})
    rows = np.flatnonzero(SITE != "b")
    fields = ("features", "labels", "groups", "index", "sites")
    part = replace(given, **{name: getattr(given, name)[rows] for name in fields}, is_val=np.zeros(len(rows), bool))
    head = LinearProbe(LinearProbeConfig()).probe(part).head
    mine = head.answers(Bags.single(given.features[SITE == "b"]))
    np.testing.assert_array_equal(found.probability[SITE == "b"], mine)


def test_the_labels_of_the_site_change_nothing(tmp_path):
    given = material(tmp_path)
    turned = replace(given, labels=np.where(SITE == "a", 1 - given.labels, given.labels))
    one, other = (leave_one_site_out(each, {"kind": "linear-probe"}) for each in (given, turned))
    np.testing.assert_array_equal(one.probability[SITE == "a"], other.probability[SITE == "a"])


def test_a_site_that_has_a_class_alone_and_a_strategy_that_fails_are_told(tmp_path):
    given = material(tmp_path)
    given = replace(given, labels=np.where(SITE == "a", given.labels, 0))
    found = leave_one_site_out(given, PLANTED)
    assert set(found.failed) == {"a"}
    assert "no case of 1 of the classes" in found.failed["a"]
    assert not found.answered[SITE == "a"].any()
    failed = leave_one_site_out(material(tmp_path), {"kind": "planted", "fails": "data"}).failed
    assert failed == dict.fromkeys("abc", "planted")


def test_two_sites_leave_one_for_a_mixture(tmp_path):
    sites = np.where(SITE == "c", "a", SITE)
    failed = leave_one_site_out(material(tmp_path, sites), {"kind": "per-site"}).failed
    assert set(failed) == {"a", "b"}
    assert "1 known site" in failed["a"]


@pytest.mark.parametrize("sites", [None, np.full(CASES, "a"), np.full(CASES, "")])
def test_fewer_than_two_sites_is_nothing(tmp_path, sites):
    assert leave_one_site_out(material(tmp_path, sites), PLANTED) is None
