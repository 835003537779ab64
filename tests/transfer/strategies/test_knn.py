"""k-NN against scikit-learn, and the rows that it must not give away unasked."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from medgraft.errors import ConfigError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.predicting import predict_files
from medgraft.transfer.strategies.knn import Knn, _NeighbourLearner
from medgraft.transfer.strategies.scored import Cases


@pytest.mark.parametrize("k", [1, 5])
def test_votes_are_those_of_scikit_learn(k):
    rng = np.random.default_rng(0)
    labels = np.arange(50) % 3
    features = rng.normal(size=(50, 6)).astype(np.float32)
    (scorer,) = _NeighbourLearner(k).fit(Cases(features, labels, labels, 3), [{"k": k}])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    reference = KNeighborsClassifier(k, metric="cosine").fit((features - mean) / scale, labels)
    others = rng.normal(size=(40, 6)).astype(np.float32)
    np.testing.assert_allclose(scorer.scores(others), reference.predict_proba((others - mean) / scale), atol=1e-9)


def test_more_neighbours_than_cases_are_all_of_them():
    features, labels = np.eye(4, dtype=np.float32), np.array([0, 0, 0, 1])
    (scorer,) = _NeighbourLearner(None).fit(Cases(features, labels, labels, 2), [{"k": 40}])
    np.testing.assert_allclose(scorer.scores(features), np.tile([0.75, 0.25], (4, 1)))


def test_rows_of_patients_leave_only_where_that_was_asked_for(fitted, tmp_path):
    assert Knn.keeps_gallery
    with pytest.raises(ConfigError, match="--with-gallery"):
        fit_run(fitted.cohort, tmp_path / "no", flags={"strategy.kind": "knn"}, home=fitted.home)
    assert not (tmp_path / "no" / "bundle").exists()
    flags = {"strategy.kind": "knn", "bundle.gallery": True}
    run = fit_run(fitted.cohort, tmp_path / "yes", flags=flags, home=fitted.home).run
    assert predict_files(run, [fitted.cohort], home=fitted.home).table["prediction"].notna().all()
