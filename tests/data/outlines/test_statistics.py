"""Counts, sizes and parts of shapes that are known, and the odd one out that was planted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.measure import label as skimage_label

from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.data.outlines.statistics import Extent, box_statistics, extent_of, mask_statistics, robust_z


def test_known_shapes() -> None:
    mask = np.zeros((4, 10, 10), dtype=np.uint8)
    mask[1, 1:3, 1:3] = 1
    mask[2, 3, 3] = 1  # touches by a corner
    mask[3, 8, 8] = 1
    mask[0, 5:9, 5] = 3
    extent = extent_of(mask, ("a", "b", "c"), (5.0, 2.0, 1.0))
    assert extent.classes == {"a": (6, 2), "c": (4, 1)}
    assert (extent.pixels, extent.unit) == (400, "mL")
    assert extent.amount == pytest.approx(0.01)
    assert extent_of(mask[0], ("a", "b", "c"), (0.5, 0.5)).unit == "mm²"
    assert extent_of(mask, ("a", "b", "c")).unit == "voxels"


@settings(deadline=None)
@given(arrays.arrays(np.uint8, (7, 6), elements=st.integers(0, 2)))
def test_parts_are_those_of_an_independent_count(mask: np.ndarray) -> None:
    extent = extent_of(mask, ("a", "b"))
    for number, name in ((1, "a"), (2, "b")):
        pixels = int((mask == number).sum())
        parts = int(skimage_label(mask == number, connectivity=2).max())
        assert extent.classes.get(name, (0, 0)) == (pixels, parts)


def test_a_class_over_the_cohort() -> None:
    cases = {
        "1": Extent(100, 2.0, "mm²", {"a": (10, 1)}),
        "2": Extent(100, 0.5, "mm²", {"a": (20, 3), "b": (5, 1)}),
        "3": Extent(200, 1.0, "mm²", {}),
    }
    found = mask_statistics(cases, ("a", "b", "c"))
    assert (found["cases"], found["empty"], found["unit"], found["odd"]) == (3, 1, "mm²", [])
    assert found["classes"]["a"]["cases"] == 2
    assert found["classes"]["a"]["share"] == pytest.approx(30 / 400)
    assert found["classes"]["a"]["size"] == {"min": 10.0, "q25": 12.5, "median": 15.0, "q75": 17.5, "max": 20.0}
    assert found["classes"]["a"]["parts"]["median"] == 2.0
    assert found["classes"]["c"] == {"cases": 0, "share": 0.0, "size": None, "parts": None}
    json.dumps(found)


def test_unknown_spacing_makes_sizes_pixels() -> None:
    cases = {"1": Extent(100, 2.0, "mm²", {"a": (10, 1)}), "2": Extent(100, 1.0, "pixels", {"a": (30, 1)})}
    found = mask_statistics(cases, ("a",))
    assert (found["unit"], found["classes"]["a"]["size"]["median"]) == ("pixels", 20.0)


def _usual(count: int, seed: int) -> dict[str, Extent]:
    draws = np.random.default_rng(seed).lognormal(7, 0.1, count)
    return {f"{number:02d}": Extent(9999, 1.0, "voxels", {"a": (int(size), 1)}) for number, size in enumerate(draws)}


@pytest.mark.parametrize(("planted", "what"), [((20, 1), "size"), ((40_000, 1), "size"), ((1100, 9), "parts")])
def test_the_odd_one_out_is_named(planted: tuple[int, int], what: str) -> None:
    cases = _usual(30, seed=2)
    assert mask_statistics(cases, ("a",))["odd"] == []
    cases["odd"] = Extent(9999, 1.0, "voxels", {"a": planted})
    (found,) = mask_statistics(cases, ("a",))["odd"]
    assert (found["case"], found["class"], found["what"]) == ("odd", "a", what)
    assert found["value"] == planted[what == "parts"]
    assert abs(found["z"]) > 3.5


def test_too_few_to_tell() -> None:
    cases = {**_usual(6, seed=1), "odd": Extent(9999, 1.0, "voxels", {"a": (2, 50)})}
    assert mask_statistics(cases, ("a",))["odd"] == []


def test_a_list_stays_short_and_begins_with_the_farthest() -> None:
    cases = _usual(90, seed=4)
    for number in range(30):
        cases[f"odd{number}"] = Extent(9999, 1.0, "voxels", {"a": (100_000 * (number + 1), 1)})
    odd = mask_statistics(cases, ("a",))["odd"]
    assert len(odd) == 20
    assert odd[0]["case"] == "odd29"


def test_robust_z_of_a_normal_sample_is_a_z() -> None:
    values = np.random.default_rng(0).normal(5, 3, 20_000)
    assert robust_z(values).std() == pytest.approx(1.0, abs=0.03)
    assert robust_z(np.full(9, 3.0)).tolist() == [0.0] * 9
    assert robust_z(np.array([1.0] * 9 + [11.0]))[-1] == pytest.approx(10 / (1.2533 * 1.0))


def test_boxes() -> None:
    cases = {str(number): Boxes((Box("cell", 0, 0, 10 + number % 3, 10),)) for number in range(12)}
    cases["empty"] = Boxes()
    cases["odd"] = Boxes((Box("cell", 0, 0, 1, 1), Box("nucleus", 0, 0, 2, 3)))
    found = box_statistics(cases, ("cell", "nucleus"))
    assert (found["cases"], found["empty"]) == (14, 1)
    assert (found["classes"]["cell"]["cases"], found["classes"]["cell"]["boxes"]) == (13, 13)
    assert found["classes"]["nucleus"]["size"]["median"] == 6.0
    assert [(one["case"], one["what"], one["value"]) for one in found["odd"]] == [("odd", "size", 1.0)]
