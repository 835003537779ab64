"""Stored values are whole numbers, or the mask is refused with what it holds instead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from medgraft.data.outlines.legend import settle_legend
from medgraft.data.outlines.stored_values import class_ids, holding_of
from medgraft.errors import ReaderError


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_whole_numbers_of_every_type_are_the_same_mask(kind: type) -> None:
    mask = np.zeros((3, 4, 5))
    mask[1, 2:] = 1
    held = holding_of(mask.astype(kind))
    assert held.values == {0, 1}
    assert held.digest == holding_of(mask.astype(np.int64)).digest
    assert held.digest != holding_of(np.flip(mask, 1)).digest


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.37, r"fractions \(0\.37\)"), (np.nan, "not finite"), (np.inf, "not finite"), (1e12, "too large")],
)
def test_what_is_no_class_is_told(value: float, message: str) -> None:
    mask = np.zeros((2, 3, 4))
    mask[1, 1, 1] = value
    for look in (holding_of, lambda each: class_ids(each, settle_legend([]))):
        with pytest.raises(ReaderError, match=message):
            look(mask)


def test_a_picture_in_the_place_of_a_mask_is_told() -> None:
    with pytest.raises(ReaderError, match="looks like a picture"):
        holding_of(np.arange(3000).reshape(50, 60))


def test_a_value_that_is_no_class_is_refused_and_not_made_background() -> None:
    legend = settle_legend([], declared={1: "liver"})
    with pytest.raises(ReaderError, match="holds the value 2"):
        class_ids(np.array([[0, 2]]), legend)


@settings(deadline=None)
@given(arrays.arrays(np.int16, (2, 4, 3), elements=st.sampled_from([0, 3, 77, -2])))
def test_ids_are_those_of_the_legend(mask: np.ndarray) -> None:
    legend = settle_legend([], declared={3: "a", 77: "b", -2: "a"})
    wanted = {0: 0, 3: 1, -2: 1, 77: 2}
    ids = class_ids(mask, legend)
    assert ids.dtype == np.uint8
    assert ids.tolist() == np.vectorize(wanted.get)(mask).tolist()


def test_the_order_in_memory_is_no_matter() -> None:
    mask = np.random.default_rng(0).integers(0, 3, (5, 6, 7)).astype(np.int16)
    legend = settle_legend([], declared={1: "a", 2: "b"})
    for other in (np.asfortranarray(mask), np.flip(np.flip(mask, 1).copy(), 1), mask[:, ::1]):
        assert holding_of(other).digest == holding_of(mask).digest
        ids = class_ids(other, legend)
        assert np.array_equal(ids, mask)
        assert ids.flags.c_contiguous


def test_values_far_apart_and_more_than_a_portion() -> None:
    mask = np.zeros((3, 700, 600), dtype=np.int32)
    mask[2, 699, 599], mask[1, 5, 5], mask[0, 0, 0] = 2_000_000, -7, 70_000
    legend = settle_legend([], declared={2_000_000: "a", -7: "b", 70_000: "a"})
    assert holding_of(mask).values == {0, 2_000_000, -7, 70_000}
    ids = class_ids(mask, legend)
    assert {tuple(place): int(ids[tuple(place)]) for place in np.argwhere(ids).tolist()} == {
        (2, 699, 599): 1,
        (1, 5, 5): 2,
        (0, 0, 0): 1,
    }
