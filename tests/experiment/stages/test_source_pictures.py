"""Pictures of a source, changed before the network sees them."""

from __future__ import annotations

import numpy as np

from medgraft.experiment.stages.source_pictures import ChangedPictures
from medgraft.transfer.adaptation.acquisition import Step, acquired

PIXELS = np.random.default_rng(0).uniform(0, 1, (150, 1, 8, 8)).astype(np.float32)


class Flat:
    """Features that are the pixels."""

    def features(self, images, count):
        found = np.stack([one.ravel() for one in images])
        assert len(found) == count
        return found


def test_rows_keep_their_order_and_their_grain():
    pictures, noise = ChangedPictures(lambda rows: PIXELS[rows], Flat(), seed=3), (Step("gaussian-noise", 2),)
    rows = np.random.default_rng(1).permutation(150)
    found = pictures.features(rows, noise)
    for place, row in enumerate(rows.tolist()):
        np.testing.assert_array_equal(found[place], acquired(PIXELS[row], noise, seed=3, index=row).ravel())
    np.testing.assert_array_equal(pictures.features(rows, ()), PIXELS[rows].reshape(150, -1))
