"""Signs of collapse are seen where they are, and not where a site has a little less or more."""

from __future__ import annotations

import pytest

from medgraft.transfer.adaptation.outlines.collapse import outline_collapse

EXPECTED = {"liver": 0.2, "tumour": 0.01}


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"liver": 0.0, "tumour": 0.0}, "next to nothing is outlined"),
        ({"liver": 0.95, "tumour": 0.02}, "nearly everything"),
        ({"liver": 0.2, "tumour": 0.0}, "tumour"),
        ({"liver": 0.2}, "tumour"),
    ],
)
def test_signs(found, word):
    assert word in outline_collapse(EXPECTED, found)


@pytest.mark.parametrize("found", [EXPECTED, {"liver": 0.05, "tumour": 0.002}, {"liver": 0.6, "tumour": 0.1}])
def test_none(found):
    assert outline_collapse(EXPECTED, found) is None


def test_a_source_without_any_expects_nothing():
    assert outline_collapse({"a": 0.0}, {"a": 0.0}) is None
