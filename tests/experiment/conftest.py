"""What the tests of one verb share."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def striped(tmp_path_factory):
    """72 grey pictures in two class folders; those of one class have stripes."""
    folder = tmp_path_factory.mktemp("data") / "striped"
    for number in range(72):
        rng = np.random.default_rng(number)
        coarse = np.kron(rng.random((6, 6)), np.ones((6, 6)))
        pixels = 0.6 * coarse + 0.4 * rng.random((36, 36))
        label = "striped" if number % 2 else "plain"
        if label == "striped":
            pixels[::4] *= 0.2
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 255).astype(np.uint8)).save(folder / label / f"{number:02d}.png")
    return folder
