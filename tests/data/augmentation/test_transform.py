"""The contract of augmentations, run over every registered one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from medgraft.data.augmentation import policy  # noqa: F401 - importing it registers every transform
from medgraft.data.augmentation.transform import TRANSFORMS, Draw, check_pixels
from medgraft.errors import UsageError

NAMES = ["flip", "affine", "intensity", "noise", "blur", "crop"]


def _picture(channels: int, seed: int = 0, side: int = 33) -> np.ndarray:
    return np.random.default_rng(seed).random((channels, side, side), dtype=np.float32)


def test_every_transform_is_registered_under_its_name() -> None:
    assert set(TRANSFORMS) == set(NAMES)
    for name, transform in TRANSFORMS.items():
        assert transform.name == name and transform().kind == name  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_the_contract(name: str, channels: int, seed: int) -> None:
    transform = TRANSFORMS.get(name)()
    pixels = _picture(channels)
    before = pixels.copy()
    draw = transform.draw(np.random.default_rng(seed))
    assert draw == transform.draw(np.random.default_rng(seed))
    plain = Draw(**json.loads(json.dumps(draw.as_json())))
    assert plain == draw
    result = transform.apply(pixels, draw)
    assert result.shape == pixels.shape and result.dtype == np.float32 and result.flags["C_CONTIGUOUS"]
    assert result.min() >= 0 and result.max() <= 1
    np.testing.assert_array_equal(result, TRANSFORMS.get(name).apply(pixels, plain))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("name", NAMES)
def test_configs_are_closed_and_frozen(name: str) -> None:
    with pytest.raises(ValidationError):
        TRANSFORMS.get(name)(strength=3)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        TRANSFORMS.get(name)().kind = "other"  # type: ignore[attr-defined]


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 8, 9), (8, 8)])
def test_wrong_pixels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="float32 of shape"):
        check_pixels(np.zeros(shape, np.float32))
    with pytest.raises(UsageError, match="float32 of shape"):
        check_pixels(np.zeros((1, 8, 8)))  # type: ignore[arg-type]
