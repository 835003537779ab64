"""Squared distances are χ² where they must be, and those of whole matrices; shrinkage as scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import chi2, kstest
from sklearn.covariance import ledoit_wolf

from medgraft.measure.ood.mahalanobis import Mahalanobis
from medgraft.measure.patients import Patients


def test_the_square_is_chi_squared() -> None:
    random, d = np.random.default_rng(0), 6
    mixing, centres = random.normal(size=(d, d)), 40 * random.normal(size=(3, d))
    codes = np.arange(6000) % 3
    rows = random.normal(size=(12_000, d)) @ mixing + centres[np.tile(codes, 2)]
    fitted = Mahalanobis.fit(rows[:6000], codes.astype(np.intp), Patients.of(None, 6000))
    squared = fitted(rows[6000:]) ** 2
    assert kstest(squared, chi2(d).cdf).statistic < 0.02
    assert fitted(centres) == pytest.approx(np.zeros(3), abs=0.2)


@pytest.mark.parametrize(("n", "d"), [(80, 7), (25, 60)])
def test_against_whole_matrices(n: int, d: int) -> None:
    random = np.random.default_rng(1)
    codes = (np.arange(n) % 2).astype(np.intp)
    rows = 3 + random.normal(size=(n, d)) * random.uniform(0.2, 2, d) + 2 * codes[:, None]
    fitted = Mahalanobis.fit(rows, codes, Patients.of(None, n))
    new = 3 + 2 * random.normal(size=(5, d))
    scaled, asked = ((part - rows.mean(axis=0)) / rows.std(axis=0) for part in (rows, new))
    centres = np.stack([scaled[codes == one].mean(axis=0) for one in (0, 1)])
    shrunk, _ = ledoit_wolf(scaled - centres[codes], assume_centered=True)
    inverse = np.linalg.inv(shrunk * n / (n - 2))
    expected = [min(mahalanobis(row, centre, inverse) for centre in centres) for row in asked]
    assert fitted(new) == pytest.approx(expected, rel=1e-4)


def test_a_move_where_no_training_case_moves_is_far() -> None:
    """Strangers that stay within each feature's range, but leave the plane of the training cases."""
    random = np.random.default_rng(2)
    plane = random.normal(size=(300, 2))
    rows = np.hstack([plane, plane.sum(axis=1, keepdims=True)])
    fitted = Mahalanobis.fit(rows, np.zeros(300, dtype=np.intp), Patients.of(None, 300))
    on, off = np.array([[1.0, 1.0, 2.0]]), np.array([[1.0, 1.0, 0.0]])
    assert fitted(off) > 4 * fitted(on)


def test_parts_that_do_not_fit_are_refused() -> None:
    one = np.ones(2, dtype=np.float32)
    with pytest.raises(ValueError, match="above 0"):
        Mahalanobis(one, one, one[None], one[None], np.zeros(1, dtype=np.float32), 1.0)
    with pytest.raises(ValueError, match="features"):
        Mahalanobis(one, one, one[None, :1], one[None], one[:1], 1.0)
