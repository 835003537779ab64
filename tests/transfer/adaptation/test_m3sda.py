"""M3SDA on a toy pair with a known answer."""

from __future__ import annotations

import pytest


def test_it_helps_where_the_target_is_moved_farther_than_any_source(gains):
    before, after = gains("m3sda", "moved-sites", range(2)).T
    assert (after > before).all()


@pytest.mark.slow
def test_it_helps_on_average_over_ten_seeds(gains):
    before, after = gains("m3sda", "moved-sites", range(10)).T
    assert after.mean() > before.mean()
