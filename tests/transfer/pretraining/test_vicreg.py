"""VICReg: its member trains by its settings, and looks at no label."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.pretraining.vicreg import Vicreg, VicregConfig


def test_it_trains_without_labels(given, tmp_path):
    config = VicregConfig(epochs=1, batch_size=20, projection=8)
    one, two = (
        Vicreg(config).train(given(labels=labels, n_classes=0, checkpoints=tmp_path / str(number)))
        for number, labels in enumerate((np.zeros(56, np.int64), np.arange(56)))
    )
    assert all(np.array_equal(value, two.state[name]) for name, value in one.state.items())
