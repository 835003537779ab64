"""A bank of single cases against scikit-learn; a bank of averages holds no patient's row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize

from medgraft.measure.ood.nearest import Nearest
from medgraft.measure.patients import Patients


def test_single_cases_against_scikit_learn() -> None:
    random = np.random.default_rng(0)
    rows, new = random.normal(size=(120, 9)) + 3, random.normal(size=(1500, 9))
    fitted = Nearest.bank_of(rows, Patients.of(None, 120), together=1)
    scaler = StandardScaler().fit(rows)
    bank = NearestNeighbors(n_neighbors=10).fit(normalize(scaler.transform(rows)))
    expected = bank.kneighbors(normalize(scaler.transform(new)))[0][:, -1]
    assert fitted(new) == pytest.approx(expected, abs=1e-4)
    assert fitted.gallery and fitted.k == 10


def test_averages_are_of_five_patients_or_more() -> None:
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(43), 3)
    rows = random.normal(size=(129, 8))
    fitted = Nearest.fit(rows, np.zeros(129, dtype=np.intp), Patients.of(groups, 129))
    assert len(fitted.bank) == 43 // 5
    assert (fitted.k, fitted.gallery) == (2, False)
    single = Nearest.bank_of(rows, Patients.of(groups, 129), together=1).bank
    assert (fitted.bank @ single.T).max() < 1 - 1e-3
    assert np.linalg.norm(fitted.bank, axis=1) == pytest.approx(np.ones(8), abs=1e-6)


def test_few_patients_are_one_average() -> None:
    fitted = Nearest.fit(np.eye(4), np.zeros(4, dtype=np.intp), Patients.of(None, 4))
    assert (len(fitted.bank), fitted.k) == (1, 1)
    with pytest.raises(ValueError, match="k = 2"):
        Nearest(fitted.mean, fitted.scale, fitted.bank, 2, 5)
