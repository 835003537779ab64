"""Rows of cases, told apart by where they begin."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from medgraft.source.embedding.bags import Bags


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_means_and_parts_are_those_of_the_lists(sizes, data):
    rng = np.random.default_rng(sum(sizes))
    lists = [rng.normal(size=(size, 3)).astype(np.float32) for size in sizes]
    bags = Bags(np.concatenate(lists), np.concatenate([[0], np.cumsum(sizes)]))
    for mean, rows in zip(bags.means(), lists, strict=True):
        if len(rows):
            np.testing.assert_allclose(mean, rows.mean(axis=0), atol=1e-6)
        else:
            assert np.isnan(mean).all()
    chosen = np.array(data.draw(st.permutations(range(len(sizes))))[: len(sizes) // 2 + 1])
    taken = bags.take(chosen)
    np.testing.assert_array_equal(taken.rows, np.concatenate([lists[case] for case in chosen]))
    np.testing.assert_array_equal(taken.sizes, np.array(sizes)[chosen])
    mask = np.zeros(len(sizes), dtype=bool)
    mask[chosen] = True
    np.testing.assert_array_equal(bags.take(mask).rows, bags.take(np.sort(chosen)).rows)


def test_pictures_are_bags_of_one():
    features = np.eye(4, dtype=np.float32)
    bags = Bags.single(features)
    assert bags.are_pictures
    assert bags.means() is features
    assert list(bags.owners) == [0, 1, 2, 3]
