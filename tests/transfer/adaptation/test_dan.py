"""DAN on a toy pair with a known answer."""

from __future__ import annotations


def test_it_helps_where_the_target_is_moved(gains):
    before, after = gains("dan", "moved", range(2)).T
    assert (after > before).all()
