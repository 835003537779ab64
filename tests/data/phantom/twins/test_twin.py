"""The phantom of the twins is a picture, and always the same one."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.data.phantom.twins.twin import Twin, phantom_levels


def test_levels() -> None:
    levels = phantom_levels()
    assert levels.shape == (64, 56)
    assert levels.dtype == np.uint8
    assert len(np.unique(levels)) > 100
    np.testing.assert_array_equal(levels, phantom_levels())


def test_the_content_of_several_files_is_not_one() -> None:
    assert Twin("a", "grey", {"x": b"1"}).data == b"1"
    with pytest.raises(ValueError, match="too many"):
        _ = Twin("a", "volume", {"x": b"1", "y": b"2"}).data
