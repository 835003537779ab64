"""The contract, over every registered calibrator: probabilities in and out, order of cases, plain data, refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.measure.calibrating.calibrator import CALIBRATORS, log_probability
from medgraft.measure.calibrating.catalogue import BUILT_IN

KINDS = list(CALIBRATORS)


def test_all_are_there() -> None:
    assert set(KINDS) == {one.kind for one in BUILT_IN} == {"none", "temperature", "isotonic", "shift-scale"}
    assert all(CALIBRATORS.get(one.kind) is one and one.summary for one in BUILT_IN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_stay_probabilities_and_the_order_of_cases_does_not_matter(kind, classes, draw_cases) -> None:
    truth, said = draw_cases(1, n=80, k=classes)
    fitted = CALIBRATORS.get(kind).fit(truth, said)
    mended = fitted(said)
    assert mended.shape == said.shape and mended.min() >= 0
    assert mended.sum(axis=1) == pytest.approx(np.ones(80))
    order = np.random.default_rng(0).permutation(80)
    again = CALIBRATORS.get(kind).fit(truth[order], said[order])
    assert again(said) == pytest.approx(mended, abs=1e-6)
    assert fitted(said[3:5]) == pytest.approx(mended[3:5], abs=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [2, 3])
def test_plain_data_make_the_same_map_again(kind, classes, draw_cases) -> None:
    truth, said = draw_cases(2, n=50, k=classes, coarse=True)
    fitted = CALIBRATORS.get(kind).fit(truth, said)
    restored = CALIBRATORS.get(kind).restore(json.loads(json.dumps(fitted.parameters())))
    assert restored == fitted
    assert (restored(said) == fitted(said)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_cases_have_a_map(kind) -> None:
    certain = np.eye(2)[[0, 1, 1]]
    for truth in ([0, 1, 1], [1, 0, 0], [1, 1, 1]):
        fitted = CALIBRATORS.get(kind).fit(np.array(truth, dtype=np.intp), certain)
        assert np.isfinite(fitted(np.array([[0.3, 0.7], [1.0, 0.0]]))).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("none", "temperature")])
def test_another_number_of_classes_is_refused(kind, draw_cases) -> None:
    fitted = CALIBRATORS.get(kind).fit(*draw_cases(0, k=3))
    with pytest.raises(UsageError, match="2 classes"):
        fitted(np.full((4, 2), 0.5))


def test_the_logarithm_of_nothing_is_finite() -> None:
    assert log_probability(np.array([0.0, 1.0])).tolist() == pytest.approx([-27.63102, 0.0])
