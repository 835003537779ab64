"""N-LEEP: clusters that are the classes, clusters that are not, PCA against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from medgraft.measure.transferability import n_leep as module
from medgraft.measure.transferability.leep import leep
from medgraft.measure.transferability.n_leep import N_LEEP


def test_clusters_that_are_the_classes_reach_nought() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3
    apart = 20 * np.eye(3, 8)[labels] + random.normal(size=(120, 8))
    assert N_LEEP(apart, labels) == pytest.approx(0.0, abs=1e-6)
    entropy = np.log(3)
    other = N_LEEP(apart, random.permutation(labels))
    assert -entropy - 0.01 < other < -0.7 * entropy


def test_against_the_same_steps_by_scikit_learn() -> None:
    random = np.random.default_rng(1)
    labels = np.arange(150) % 2
    features = random.normal(size=(150, 12)) * np.geomspace(4, 0.1, 12) + labels[:, None]
    pca = PCA(n_components=module.VARIANCE_KEPT, svd_solver="full").fit(features)
    reduced = module._reduced(features)
    assert reduced.shape[1] == pca.n_components_
    scaled = pca.transform(features) / np.sqrt(features.var(axis=0).sum())
    assert np.abs(reduced) == pytest.approx(np.abs(scaled))
    order = np.lexsort((labels, *features.T[::-1]))
    mixture = GaussianMixture(10, covariance_type="diag", reg_covar=1e-6, random_state=0).fit(reduced[order])
    # The mixture is fitted to the sorted cases; signs of the axes may differ, which no cluster minds.
    expected = leep(mixture.predict_proba(reduced[order]), labels[order])
    assert N_LEEP(features, labels) == pytest.approx(expected, abs=0.05)


def test_few_cases_and_copies_have_fewer_clusters() -> None:
    labels = np.arange(8) % 2
    assert N_LEEP(np.random.default_rng(0).normal(size=(8, 3)), labels) == pytest.approx(-np.log(2))
    two_kinds = np.repeat(np.eye(2), 20, axis=0)
    assert N_LEEP(two_kinds, np.repeat([0, 1], 20)) == pytest.approx(0.0, abs=1e-6)
    assert N_LEEP(np.full((40, 3), 0.1), np.repeat([0, 1], [30, 10])) == pytest.approx(
        0.75 * np.log(0.75) + 0.25 * np.log(0.25)
    )
