"""A sheet has a place for every panel and wraps its lines."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as PillowImage

from medgraft.use.report.panels import draw_panels


def test_a_sheet() -> None:
    white, red = np.ones((1, 20, 40), np.float32), np.zeros((3, 300, 500), np.float32)
    red[0] = 1
    content = draw_panels([("white", white), ("red", red), ("a", white), ("b", white), ("c", white)], ["word " * 400])
    sheet = np.asarray(PillowImage.open(io.BytesIO(content)).convert("RGB"))
    assert sheet.shape[1] == 2 * 20 + 4 * 320 + 3 * 16
    assert sheet.shape[0] > 2 * 320
    assert (sheet == [255, 0, 0]).all(axis=2).sum() > 320 * 150
