"""Volumes of boxes and a sphere, and errors with and without their sign."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair
from medgraft.measure.segmentation.volume import VOLUME_BIAS, VOLUME_ERROR, VOLUME_ERROR_PERCENT, volume_ml

RULES = OutlineRules()


def test_a_box_and_a_sphere(ball) -> None:
    box = np.zeros((20, 20, 20), dtype=bool)
    box[:10, :5, :4] = True
    assert volume_ml(box, (1.0, 2.0, 2.5)) == pytest.approx(1.0)
    sphere = ball((45, 90, 90), (22, 45, 45), 20.0, (1.0, 0.5, 0.5))
    assert volume_ml(sphere, (1.0, 0.5, 0.5)) == pytest.approx(4 / 3 * math.pi * 8, rel=0.01)


def test_errors_have_their_sign_where_they_should() -> None:
    truth, predicted = np.zeros((2, 10, 10, 10), dtype=bool)
    truth[:5, :, :] = True
    predicted[:4, :, :] = True
    smaller, larger = (MaskPair.of(*masks, (1.0, 1.0, 2.0)) for masks in ((truth, predicted), (predicted, truth)))
    assert VOLUME_ERROR(smaller, RULES).value == VOLUME_ERROR(larger, RULES).value == pytest.approx(0.2)
    assert VOLUME_BIAS(smaller, RULES).value == -VOLUME_BIAS(larger, RULES).value == pytest.approx(-0.2)
    assert VOLUME_ERROR_PERCENT(smaller, RULES).value == pytest.approx(20)
    assert VOLUME_ERROR_PERCENT(larger, RULES).value == pytest.approx(25)


def test_no_volume_in_2d_or_without_spacing() -> None:
    flat = np.ones((4, 4), dtype=bool)
    assert math.isnan(volume_ml(flat, (1.0, 1.0)))
    assert math.isnan(volume_ml(flat[None], None))
    assert VOLUME_ERROR_PERCENT(MaskPair.of(flat, np.tri(4, dtype=bool)), RULES).value == pytest.approx(37.5)
