"""Each cue sees what it is for, and nothing of the others'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medgraft.insight.audit.cues import CUES, CueMaterial

PLANTED = {
    "border": lambda picture: _framed(picture),
    "corners": lambda picture: _marked(picture),
    "writing": lambda picture: _written(picture),
}


def _framed(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[:6], changed[-6:], changed[:, :6], changed[:, -6:] = 0, 0, 0, 0
    return changed


def _marked(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[6:18, 6:18] = 1
    return changed


def _written(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[60:90, 60:90] = np.indices((30, 30)).sum(0) // 2 % 2
    return changed


@pytest.mark.parametrize("cue", PLANTED)
def test_a_planted_cue_moves_its_numbers(cue: str, textured: Callable, facts_of: Callable) -> None:
    plain = [facts_of(textured(seed)) for seed in range(10)]
    changed = [facts_of(PLANTED[cue](textured(seed))) for seed in range(10)]
    numbers = CUES.get(cue)(CueMaterial([None] * 20, [*plain, *changed]))
    apart = np.abs(numbers[:10].mean(0) - numbers[10:].mean(0)) / (numbers[:10].std(0) + 1e-9)
    assert apart.max() > 3


def test_sites_sizes_encodings(textured: Callable, facts_of: Callable) -> None:
    facts = [facts_of(textured(0), jpeg_quality=quality, stored_bytes=9000) for quality in (50.0, 90.0)]
    facts.append(facts_of(textured(0, 120)))
    material = CueMaterial(["a", "b", "a"], facts)
    np.testing.assert_array_equal(CUES.get("site")(material), [[1, 0], [0, 1], [1, 0]])
    assert CUES.get("size")(material)[2, 0] < CUES.get("size")(material)[0, 0]
    np.testing.assert_array_equal(CUES.get("encoding")(material)[:, 2], [50, 90, -1])
    assert CUES.get("site")(CueMaterial([None] * 3, facts)).shape == (3, 0)


@pytest.mark.parametrize("cue", list(CUES))
def test_numbers_are_finite_one_row_a_case(cue: str, textured: Callable, facts_of: Callable) -> None:
    facts = [facts_of(textured(seed)) for seed in range(4)] + [facts_of(np.zeros((40, 40)))]
    numbers = CUES.get(cue)(CueMaterial(["a", None, "b", "a", "a"], facts))
    assert len(numbers) == 5
    assert np.isfinite(numbers).all()
