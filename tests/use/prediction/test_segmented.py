"""What an outlined case says of itself."""

import numpy as np
import pytest

from medgraft.use.prediction.segmented import Segmented


def test_it_is_plain_and_cannot_be_changed():
    found = Segmented(np.zeros((2, 2), np.uint8), None, None, {1: "lesion"})
    assert found.names[1] == "lesion"
    with pytest.raises(AttributeError):
        found.spacing = (1.0, 1.0)
