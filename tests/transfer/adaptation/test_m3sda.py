"""M3SDA on a toy pair with a known answer."""

from __future__ import annotations


def test_it_helps_where_the_target_is_moved_farther_than_any_source(gains):
    before, after = gains("m3sda", "moved-sites", range(2)).T
    assert (after > before).all()
