"""Copies fit, whatever was done to them; likeness of the large is not enough."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as PillowImage
from scipy import ndimage

from medgraft.insight.audit.alignment import ORIENTATIONS, SIDE, Sheets, grey_of, stacked_grey

PAIR = np.array([[0, 1]])


def thumbnail(picture: np.ndarray, quality: int = 85) -> np.ndarray:
    """Through JPEG at 128 pixels, as the audit gets it."""
    image = PillowImage.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)).resize((128, 128))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return grey_of(buffer.getvalue())


def compared(one: np.ndarray, other: np.ndarray) -> tuple[float, str]:
    sheets = Sheets(np.stack([thumbnail(one), thumbnail(other)]))
    fit = sheets.register(PAIR)
    way = int(fit.orientation[0])
    value = float(sheets.agreement(PAIR, fit)[0])
    if value < 0.75:
        value = max(value, float(sheets.agreement_enlarged(PAIR, fit)[0]))
    return value, ORIENTATIONS[way]


CHANGES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "itself": (lambda picture: picture, "same"),
    "mirrored": (lambda picture: picture[:, ::-1], "mirrored"),
    "upside down": (lambda picture: picture[::-1], "upside-down"),
    "turned": (lambda picture: picture[::-1, ::-1], "turned"),
    "brighter": (lambda picture: np.clip(1.3 * picture + 0.05, 0, 1), "same"),
    "gamma": (lambda picture: picture**0.7, "same"),
    "inverted contrast is another picture": (lambda picture: picture * 0.5 + 0.2, "same"),
    "cropped in the corner": (lambda picture: picture[8:, 8:], "same"),
    "cropped in the middle": (lambda picture: picture[4:-4, 4:-4], "same"),
    "cropped and mirrored": (lambda picture: picture[8:, :-8][:, ::-1], "mirrored"),
    "shifted": (lambda picture: np.roll(picture, 6, axis=1), "same"),
    "smaller": (lambda picture: ndimage.zoom(picture, 0.6, order=1), "same"),
    "noisy": (lambda picture: picture + np.random.default_rng(9).normal(0, 0.02, picture.shape), "same"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_copies_fit(textured: Callable[..., np.ndarray], change: str) -> None:
    for seed in range(3):
        picture = textured(seed)
        value, way = compared(picture, CHANGES[change][0](picture))
        assert value > 0.75, seed
        assert way == CHANGES[change][1]


def test_other_pictures_of_the_same_kind_do_not(textured: Callable[..., np.ndarray]) -> None:
    pictures = [textured(seed) for seed in range(14)]
    alike = np.corrcoef(np.stack([ndimage.gaussian_filter(picture, 8).ravel() for picture in pictures]))
    assert np.median(alike) > 0.8  # from afar they are one
    values = [compared(pictures[i], pictures[j])[0] for i in range(7) for j in range(7, 14)]
    assert max(values) < 0.5


def test_flat_pictures_fit_nothing() -> None:
    flat = np.zeros((2, SIDE, SIDE), np.uint8)
    sheets = Sheets(flat)
    fit = sheets.register(PAIR)
    assert fit.likeness[0] == pytest.approx(0, abs=1e-6)
    assert sheets.agreement(PAIR, fit)[0] == 0


def test_a_pair_is_judged_alone(textured: Callable[..., np.ndarray]) -> None:
    """What is found of a pair does not depend on the other pairs."""
    grey = np.stack([thumbnail(textured(seed % 5)[: 128 - seed, seed:]) for seed in range(10)])
    pairs = np.array([(one, other) for one in range(10) for other in range(one)])
    sheets = Sheets(grey)
    fit = sheets.register(pairs)
    together = [sheets.agreement(pairs, fit), sheets.agreement_enlarged(pairs, fit)]
    for row in range(0, len(pairs), 7):
        part = np.array([row])
        alone = Sheets(grey)
        single = alone.register(pairs[part])
        np.testing.assert_allclose(single.likeness, fit.likeness[part], atol=1e-5)
        assert alone.agreement(pairs[part], single)[0] == pytest.approx(together[0][row], abs=1e-5)
        assert alone.agreement_enlarged(pairs[part], single)[0] == pytest.approx(together[1][row], abs=1e-5)


def test_nothing_is_nothing() -> None:
    assert stacked_grey([]).shape == (0, SIDE, SIDE)
    assert len(Sheets(stacked_grey([]))) == 0
