"""The family: the strategies of the first release are in the registry."""

from __future__ import annotations

import numpy as np

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.strategies import linear_probe, lp_ft
from medgraft.transfer.strategies.strategy import STRATEGIES, Material


def test_registered():
    assert STRATEGIES.get("linear-probe") is linear_probe.LinearProbe
    assert STRATEGIES.get("lp-ft") is lp_ft.LpFt


def test_some_of_the_material_keeps_what_belongs_together():
    features = np.arange(10, dtype=np.float32)[:, None]
    material = Material(
        features=features,
        labels=np.arange(10),
        groups=np.arange(10) // 2,
        is_val=np.arange(10) > 7,
        index=np.arange(10) * 3,
        n_classes=10,
        pixels=lambda rows: features[rows],
        backbone=None,
        modality="unknown",
        checkpoints=None,
        slices=Bags.single(features),
        teacher=lambda: features,
        sites=np.array(list("aabbccddee")),
    )
    rows = np.array([8, 2, 5])
    some = material.take(rows)
    for column in (some.features[:, 0], some.labels, some.index / 3, some.bags.means()[:, 0]):
        np.testing.assert_array_equal(column, rows)
    np.testing.assert_array_equal(some.pixels(np.array([2, 0]))[:, 0], [5, 8])
    assert some.groups.tolist() == [4, 1, 2]
    assert some.is_val.tolist() == [True, False, False]
    assert some.sites.tolist() == ["e", "b", "c"]
    assert some.teacher is None
