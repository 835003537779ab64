"""A case knows its label."""

from __future__ import annotations

import numpy as np

from medgraft.data.phantom.acquisition import sites_for
from medgraft.data.phantom.case import LABELS, NOTICE, Case
from medgraft.data.phantom.nodule import Nodule
from medgraft.data.phantom.radiograph import Radiograph


def test_the_label_follows_from_the_nodules() -> None:
    picture = Radiograph(np.zeros((8, 8), np.uint16), np.zeros((8, 8), np.bool_), (), (), (1.0, 1.0))
    site = sites_for(1)[0]
    assert Case("a", "P", site, (), picture).label == LABELS[0] == "clear"
    assert Case("a", "P", site, (Nodule((0.0, 0.0, 0.0), 5.0, 0.01),), picture).label == LABELS[1] == "nodule"
    assert "synthetic" in NOTICE.lower()
