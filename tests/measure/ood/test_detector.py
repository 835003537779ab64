"""The contract, over every registered detector: planted strangers, plain data, rows alone, degenerate features."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.errors import DataError, UsageError
from medgraft.measure.ood.catalogue import BUILT_IN
from medgraft.measure.ood.detector import DETECTORS, checked_features, standardisation
from medgraft.measure.patients import Patients

KINDS = list(DETECTORS)


def _cases(seed: int, n: int = 150, d: int = 20) -> tuple[np.ndarray, np.ndarray, Patients]:
    """Correlated features of two classes, two cases a patient."""
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(5, d))
    codes = np.arange(n) // 2 % 2
    rows = 4 + random.normal(size=(n, 5)) @ mixing + 0.3 * random.normal(size=(n, d)) + codes[:, None]
    return rows, codes.astype(np.intp), Patients.of(np.arange(n) // 2, n)


def test_all_are_there() -> None:
    assert {one.kind for one in BUILT_IN} == set(KINDS) == {"mahalanobis", "knn"}
    assert all(DETECTORS.get(one.kind) is one and one.summary for one in BUILT_IN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [20, 400])
def test_planted_strangers_are_farther(kind: str, d: int) -> None:
    fitted = DETECTORS.get(kind).fit(*_cases(0, d=d))
    own = fitted(_cases(1, d=d)[0])
    random = np.random.default_rng(5)
    known = _cases(0, d=d)[0]
    # Every feature has its mean and spread, but none goes with another.
    unlike = known.mean(axis=0) + random.normal(size=(100, d)) * known.std(axis=0)
    assert (fitted(unlike)[:, None] > own).mean() > (0.97 if kind == "mahalanobis" or d == 400 else 0.9)
    assert not fitted.gallery
    assert own.min() >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_plain_data_make_the_same_detector_again(kind: str) -> None:
    fitted = DETECTORS.get(kind).fit(*_cases(0))
    tensors = {name: array.copy() for name, array in fitted.tensors().items()}
    assert all(array.dtype == np.float32 for array in tensors.values())
    restored = DETECTORS.get(kind).restore(tensors, json.loads(json.dumps(fitted.facts())))
    rows = _cases(2)[0]
    assert (restored(rows) == fitted(rows)).all()
    assert fitted(rows[4:6]) == pytest.approx(fitted(rows)[4:6])
    for spoilt in tensors:
        with pytest.raises((KeyError, ValueError)):
            DETECTORS.get(kind).restore({n: a for n, a in tensors.items() if n != spoilt}, fitted.facts())
        with pytest.raises((KeyError, ValueError)):
            DETECTORS.get(kind).restore({**tensors, spoilt: tensors[spoilt][..., :-1]}, fitted.facts())


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_cases_and_the_scale_of_features_do_not_matter(kind: str) -> None:
    rows, codes, _ = _cases(3)
    alone = Patients.of(None, len(rows))
    found = DETECTORS.get(kind).fit(rows, codes, alone)(rows[:9])
    order = np.random.default_rng(0).permutation(len(rows))
    turned = DETECTORS.get(kind).fit(rows[order], codes[order], alone)(rows[:9])
    assert turned == pytest.approx(found, rel=1e-4)
    scaled = DETECTORS.get(kind).fit(100 * rows - 7, codes, alone)(100 * rows[:9] - 7)
    assert scaled == pytest.approx(found, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_features_have_a_distance(kind: str) -> None:
    for rows in (np.ones((6, 3)), np.eye(6)[:, :3], np.arange(6.0)[:, None]):
        fitted = DETECTORS.get(kind).fit(rows, np.arange(6) // 3, Patients.of(None, 6))
        assert np.isfinite(fitted(np.vstack([rows, rows + 5]))).all()
    level = DETECTORS.get(kind).fit(np.ones((6, 3)), np.arange(6) // 3, Patients.of(None, 6))
    assert level(np.array([[1.0, 1.0, 1.0], [1.0, 9.0, 1.0]])).argmax() == 1 or kind == "knn"


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit_is_refused(kind: str) -> None:
    fitted = DETECTORS.get(kind).fit(*_cases(0))
    with pytest.raises(UsageError, match=r"need \(n, 20\)"):
        fitted(np.zeros((2, 19)))
    with pytest.raises(DataError, match="1 of 2 cases"):
        fitted(np.vstack([np.zeros(20), np.full(20, np.inf)]))
    with pytest.raises(UsageError, match=r"need \(n, d\)"):
        checked_features(np.zeros(3), "testing")


def test_a_feature_that_never_moves_keeps_its_unit() -> None:
    mean, scale = standardisation(np.array([[2.0, 1.0], [2.0, 3.0]]))
    assert mean.tolist() == [2.0, 2.0]
    assert scale.tolist() == [1.0, 1.0]
