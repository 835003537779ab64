"""Maps that know nothing: where they are strongest, and that a patient's own outline is not in his."""

from __future__ import annotations

import numpy as np

from medgraft.measure.localisation.baselines import centre_blob, mean_outlines
from medgraft.measure.patients import Patients


def test_the_blob_is_strongest_in_the_middle():
    blob = centre_blob(9)
    assert np.unravel_index(blob.argmax(), blob.shape) == (4, 4)
    np.testing.assert_allclose(blob, blob[::-1, ::-1])
    np.testing.assert_allclose(blob, blob.T)


def test_the_mean_leaves_the_own_patient_out():
    outlines = np.zeros((4, 1, 3), bool)
    outlines[[0, 1], 0, 0] = True  # one patient, twice
    outlines[2, 0, 1] = outlines[3, 0, 2] = True
    means = mean_outlines(outlines, Patients.of(np.array([7, 7, 3, 5]), 4))
    np.testing.assert_allclose(means[0, 0], [0, 1 / 2, 1 / 2])
    np.testing.assert_allclose(means[1, 0], [0, 1 / 2, 1 / 2])
    np.testing.assert_allclose(means[2, 0], [2 / 3, 0, 1 / 3])


def test_one_patient_alone_has_no_other():
    assert not mean_outlines(np.ones((2, 2, 2), bool), Patients.of(np.array([1, 1]), 2)).any()
