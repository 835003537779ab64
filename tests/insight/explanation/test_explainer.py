"""The contract, on every registered method: shape, sign, the place, no randomness, and what is said without a
gradient."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.insight.explanation.catalogue import EXPLAINERS
from medgraft.insight.explanation.explainer import make_explainer, require_gradient, speaking_for
from medgraft.measure.localisation.energy import energy_inside
from medgraft.measure.localisation.pointing import pointing_score

METHODS = list(EXPLAINERS)


@pytest.fixture(params=METHODS)
def explainer(request):
    return make_explainer(request.param)


def test_a_map_is_finite_and_as_large_as_the_picture(explainer, spot):
    network, pixels, _ = spot
    heat = explainer(network, pixels, 1)
    assert (heat.shape, heat.dtype) == ((32, 32), np.float32)
    assert np.isfinite(heat).all()


def test_the_picture_is_left_as_it_is(explainer, spot):
    network, pixels, _ = spot
    before = pixels.copy()
    explainer(network, pixels, 1)
    np.testing.assert_array_equal(pixels, before)


def test_it_points_where_the_evidence_is(explainer, spot):
    network, pixels, outline = spot
    heat = explainer(network, pixels, 1)
    assert pointing_score(heat, outline) == 1.0
    if explainer.name != "gradcam":  # its mean slope lays weight on all places: why it is not the default
        assert energy_inside(heat, outline) > 0.5


def test_the_other_class_has_the_other_sign(explainer, spot):
    network, pixels, _ = spot
    np.testing.assert_allclose(explainer(network, pixels, 0), -explainer(network, pixels, 1), atol=1e-4)


def test_twice_the_same(explainer, spot):
    network, pixels, _ = spot
    np.testing.assert_array_equal(explainer(network, pixels, 1), explainer(network, pixels, 1))


def test_it_says_what_it_is(explainer):
    assert explainer.name in METHODS
    assert explainer.summary
    assert EXPLAINERS.get(explainer.name) is type(explainer)


def test_without_a_gradient_it_works_or_says_what_does(explainer, spot, silent):
    _, pixels, outline = spot
    if not explainer.needs_gradient:
        assert pointing_score(explainer(silent, pixels, 1), outline) == 1.0
        return
    with pytest.raises(UsageError, match=r"a planted reason.*these methods work: occlusion"):
        explainer(silent, pixels, 1)


def test_an_unknown_method_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'hirescam'"):
        make_explainer("hires-cam")


def test_a_gradient_that_is_there_is_no_error(spot):
    require_gradient(spot[0], "hirescam")


def test_what_speaks_for_an_answer_is_positive():
    np.testing.assert_array_equal(speaking_for(np.array([[-1.0, 2.0]], np.float32)), [[0, 2]])
