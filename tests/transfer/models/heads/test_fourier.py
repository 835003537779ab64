"""Random Fourier features against the kernel that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from medgraft.errors import ArtifactError
from medgraft.transfer.models.heads.fourier import FourierHead, projected, waves


@pytest.mark.parametrize("gamma", [0.05, 0.5])
def test_products_of_waves_are_the_rbf_kernel(gamma):
    rng = np.random.default_rng(0)
    cases = rng.normal(size=(12, 5))
    frequencies = rng.normal(size=(40_000, 5)) * np.sqrt(2 * gamma)
    seen = waves(cases, frequencies, rng.uniform(0, 2 * np.pi, 40_000))
    np.testing.assert_allclose(seen @ seen.T, rbf_kernel(cases, gamma=gamma), atol=0.03)


def test_the_error_falls_as_one_over_the_root_of_their_number():
    rng = np.random.default_rng(1)
    cases = rng.normal(size=(20, 5))

    def error(number):
        seen = waves(cases, rng.normal(size=(number, 5)), rng.uniform(0, 2 * np.pi, number))
        return np.abs(seen @ seen.T - rbf_kernel(cases, gamma=0.5)).mean()

    assert 2.5 < error(400) / error(6400) < 6.5


def test_projection_is_standardised_and_turned():
    rng = np.random.default_rng(2)
    features, axes = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    found = projected(features, np.ones(3), np.array([1.0, 2.0, np.inf]), axes)
    wanted = np.column_stack([features[:, 0] - 1, (features[:, 1] - 1) / 2, np.zeros(4)]) @ axes.T
    np.testing.assert_allclose(found, wanted)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ArtifactError, match="phases"):
        FourierHead(
            *(np.zeros(3), np.ones(3), np.eye(2, 3), np.zeros((5, 2)), np.zeros(4), np.zeros((2, 5))),
            np.zeros(2),
            False,
        )
