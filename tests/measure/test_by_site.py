"""One row a site: AUROC by counting pairs, a paired gap with the right sign, and nothing where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.by_site import site_rows

CASES = 240
LABELS = np.arange(CASES) % 2
SITE = np.arange(CASES) // 80
NAMES = ("a", "b", "c")
GROUPS = np.arange(CASES) // 2
RNG = np.random.default_rng(0)


def chances(strength):
    score = 1 / (1 + np.exp(-(strength * (LABELS - 0.5) + RNG.normal(size=CASES))))
    return np.stack([1 - score, score], axis=1)


def by_pairs(answers, member):
    score, labels = answers[member, 1], LABELS[member]
    return np.mean(score[labels == 1][:, None] > score[labels == 0][None])


def test_values_are_those_of_counting_pairs():
    new, known = chances(1.0), np.stack([chances(2.0), chances(2.0)])
    rows = site_rows(LABELS, new, known, (NAMES, SITE), positive=1, groups=GROUPS)
    assert [row["site"] for row in rows] == list(NAMES)
    for number, row in enumerate(rows):
        member = number == SITE
        assert (row["n"], row["n_patients"]) == (80, 40)
        assert row["auroc"]["value"] == pytest.approx(by_pairs(new, member))
        assert row["known_auroc"]["value"] == pytest.approx(np.mean([by_pairs(one, member) for one in known]))
        assert row["gap"]["value"] == pytest.approx(row["auroc"]["value"] - row["known_auroc"]["value"])
        assert row["gap"]["low"] <= row["gap"]["value"] <= row["gap"]["high"]


@pytest.mark.parametrize(("new", "known", "sign"), [(0.0, 4.0, -1), (4.0, 0.0, 1)])
def test_the_sign_of_the_gap_says_who_is_better(new, known, sign):
    rows = site_rows(LABELS, chances(new), chances(known)[None], (NAMES, SITE), positive=1, groups=GROUPS)
    assert all(min(sign * row["gap"]["low"], sign * row["gap"]["high"]) > 0 for row in rows)


def test_what_cannot_be_said_is_none():
    new = chances(1.0)
    new[SITE == 0] = np.nan
    labels = np.where(SITE == 1, 0, LABELS)
    rows = site_rows(labels, new, chances(1.0)[None], (NAMES, SITE), positive=1)
    assert [row["auroc"] is None for row in rows] == [True, True, False]
    assert rows[0]["n"] == 80
    assert rows[2]["n_patients"] is None
    alone = site_rows(labels, new, None, (NAMES, SITE), positive=1)[2]
    assert alone["known_auroc"] is alone["gap"] is None
    assert alone["auroc"]["value"] == rows[2]["auroc"]["value"]


def test_lengths_that_differ_are_refused():
    with pytest.raises(UsageError, match="differ"):
        site_rows(LABELS, chances(1.0), None, (NAMES, SITE[:-1]))
