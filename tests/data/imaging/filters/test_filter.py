"""The contract, over every registered filter."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from medgraft.data.imaging.filters.catalogue import AnyFilter
from medgraft.data.imaging.filters.filter import FILTERS, missing
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing

PICTURE = np.random.default_rng(0).random((1, 48, 40)).astype(np.float32)
NEEDS = {"bias-field": "SimpleITK"}


@pytest.mark.parametrize("name", list(FILTERS))
@pytest.mark.parametrize("channels", [1, 3])
def test_contract(name: str, channels: int) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    made = FILTERS.get(name)()
    pixels = np.repeat(PICTURE, channels, axis=0)
    before = pixels.copy()
    found = made.apply(pixels)
    assert found.shape == pixels.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(found, made.apply(pixels))
    flat = made.apply(np.full((1, 32, 32), 0.25, np.float32))
    assert np.isfinite(flat).all()
    assert made.kind == name


@pytest.mark.parametrize("name", list(FILTERS))
def test_configuration_is_closed_and_comes_back(name: str) -> None:
    adapter = TypeAdapter(AnyFilter)
    made = adapter.validate_python({"kind": name})
    assert adapter.validate_python(made.model_dump()) == made
    with pytest.raises(ValidationError):
        adapter.validate_python({"kind": name, "nonsense": 1})


def test_a_filter_travels_with_the_recipe_and_is_recorded() -> None:
    plain = Preprocessing(size=32, channels=1)
    filtered = Preprocessing(size=32, channels=1, filters=({"kind": "match-histogram"},))
    assert Preprocessing(**filtered.model_dump(mode="json")) == filtered
    assert plain.digest() != filtered.digest()
    image = Image((PICTURE * 255).astype(np.uint8), 0, 255)
    assert "filter match-histogram" in filtered.steps(image)
    assert not np.array_equal(plain.apply(image), filtered.apply(image))


def test_a_missing_library_is_named_with_its_extra() -> None:
    assert "pip install 'medgraft[filters]'" in str(missing("SimpleITK", "filters"))
