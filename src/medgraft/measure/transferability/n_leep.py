"""N-LEEP: LEEP for a source without a classifier: clusters of its features stand in for its classes.

Features are reduced by PCA to 80 % of their variance, a Gaussian mixture with five components a target class is
fitted, and LEEP is taken of its soft assignments. Each component has a diagonal covariance in the PCA axes: a few
hundred cases do not carry full ones.
Source: Li et al., Ranking Neural Checkpoints, CVPR 2021.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.transferability.leep import leep
from medgraft.measure.transferability.score import TRANSFERABILITY, TransferScore

__all__ = ["N_LEEP", "n_leep"]

Floats = NDArray[np.float64]
VARIANCE_KEPT = 0.8
COMPONENTS_A_CLASS = 5
CASES_A_COMPONENT = 5
"""With fewer cases there are fewer components: clusters of one case each would know every label."""


def n_leep(features: Floats, codes: NDArray[np.intp]) -> float:
    """Of ``features`` (n, d). Constant features make one cluster: minus the entropy of the labels."""
    # Sorted, so that the mixture's start, hence the score, does not depend on the order of the cases.
    order = np.lexsort((codes, *features.T[::-1]))
    features, codes = features[order], codes[order]
    distinct = 1 + int((features[1:] != features[:-1]).any(axis=1).sum())
    components = min(COMPONENTS_A_CLASS * (int(codes.max()) + 1), len(features) // CASES_A_COMPONENT, distinct)
    reduced = _reduced(features)
    if components < 2 or not reduced.shape[1]:
        return leep(np.ones((len(codes), 1)), codes)
    return leep(_assignments(reduced, components), codes)


def _reduced(features: Floats) -> Floats:
    """(n, r) scores on the fewest principal axes that hold the variance to keep, at unit total variance."""
    centred = features - features.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    floor = max(features.shape) * np.finfo(np.float64).eps * float(np.linalg.norm(features))
    left, singular = left[:, singular > floor], singular[singular > floor]
    if not len(singular):
        return np.zeros((len(features), 0))
    held = np.cumsum(singular**2) / (singular**2).sum()
    axes = 1 + int(np.searchsorted(held, VARIANCE_KEPT * (1 - 1e-12)))
    return np.asarray(left[:, :axes] * singular[:axes] * np.sqrt(len(features) / (singular**2).sum()))


def _assignments(reduced: Floats, components: int) -> Floats:
    """(n, components) posterior of the mixture, fitted to the same cases."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(components, covariance_type="diag", reg_covar=1e-6, random_state=0)
    with warnings.catch_warnings():
        # A hint needs no converged mixture: the last step serves.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(mixture.fit(reduced).predict_proba(reduced), dtype=np.float64)


N_LEEP = TransferScore(
    name="n-leep",
    summary="LEEP of the soft clusters of the features (Gaussian mixture after PCA)",
    takes="features",
    compute=n_leep,
)
TRANSFERABILITY.register(N_LEEP.name)(N_LEEP)
