from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medgraft.use.report.located.layers import Layer, Stack, box_path, spread_out


def test_a_box_is_closed():
    assert box_path(1, 2, 30.25, 4) == "M1.0 2.0H30.2V4.0H1.0Z"


@given(sizes=st.lists(st.integers(1, 100), min_size=1, max_size=40), budget=st.integers(0, 2000))
def test_pictures_are_kept_evenly_within_the_budget(sizes, budget):
    kept = spread_out(sizes, budget)
    assert sum(sizes[index] for index in kept) <= budget and kept == sorted(set(kept))
    if sum(sizes) <= budget:
        assert kept == list(range(len(sizes)))
    if kept and len(kept) > 1:
        assert len({b - a for a, b in itertools.pairwise(kept)}) == 1
    if budget >= max(sizes):
        assert kept


def test_the_place_of_a_picture_is_never_extreme():
    def aspect(width, height):
        return Stack("t", "c", [], [Layer("", "", width, height)]).aspect

    assert aspect(300, 200) == 1.5 and aspect(900, 100) == 2 and aspect(100, 900) == pytest.approx(2 / 3)
