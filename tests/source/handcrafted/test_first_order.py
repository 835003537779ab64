"""Against scipy and numpy, region by region."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medgraft.source.handcrafted.first_order import BINS, PERCENTILES, STATISTICS, FirstOrder, statistics


def named(values):
    return dict(zip(STATISTICS, statistics(values.reshape(1, -1))[0], strict=True))


@given(seed=st.integers(0, 10_000), power=st.floats(0.2, 8))
@settings(max_examples=40, deadline=None)
def test_as_scipy_and_numpy_have_it(seed, power):
    values = (np.random.default_rng(seed).random((23, 29)) ** power).astype(np.float32)
    found, exact = named(values), values.astype(np.float64).ravel()
    assert found["mean"] == pytest.approx(exact.mean())
    assert found["sd"] == pytest.approx(exact.std())
    assert np.sinh(found["skewness"]) == pytest.approx(stats.skew(exact), rel=1e-6, abs=1e-9)
    assert np.sinh(found["kurtosis"]) == pytest.approx(stats.kurtosis(exact), rel=1e-6, abs=1e-9)
    np.testing.assert_allclose([found[f"p{number}"] for number in PERCENTILES], np.percentile(exact, PERCENTILES))
    counts = np.histogram(exact * (BINS - 1), bins=np.arange(BINS + 1) - 0.5)[0]
    assert found["entropy"] == pytest.approx(stats.entropy(counts, base=BINS), abs=5e-3)  # a value on a bin's border
    assert found["energy"] == pytest.approx(((counts / counts.sum()) ** 2).sum(), abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1.0])
def test_a_constant(value):
    found = named(np.full((40, 40), value, np.float32))
    expected = {"mean": value, "energy": 1.0, **{f"p{number}": value for number in PERCENTILES}}
    for name in STATISTICS:
        assert found[name] == pytest.approx(expected.get(name, 0.0), abs=1e-7), name


def test_all_values_alike_often_is_the_largest_entropy():
    found = named(np.repeat(np.linspace(0, 1, BINS), 5).astype(np.float32))
    assert (found["entropy"], found["energy"]) == (pytest.approx(1), pytest.approx(1 / BINS))


def test_one_bright_pixel_does_not_explode():
    picture = np.zeros((128, 128), np.float32)
    picture[5, 5] = 1.0
    assert 9 < named(picture)["kurtosis"] < 11  # asinh of 16,380


def test_the_whole_picture_then_its_ninths_by_row():
    picture = np.random.default_rng(0).random((30, 30)).astype(np.float32)
    found = FirstOrder.describe(picture[None]).reshape(10, len(STATISTICS))
    np.testing.assert_allclose(found[0], statistics(picture.reshape(1, -1))[0], rtol=1e-6)
    np.testing.assert_allclose(found[1], statistics(picture[:10, :10].reshape(1, -1))[0], rtol=1e-6)
    np.testing.assert_allclose(found[6], statistics(picture[10:20, 20:].reshape(1, -1))[0], rtol=1e-6)
    assert FirstOrder.describe(np.zeros((1, 17, 17), np.float32)).shape == (110,)
