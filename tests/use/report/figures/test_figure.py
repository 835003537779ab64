"""The contract of every figure, over the registry, and the tools of figures."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.figures.catalogue import FIGURES
from medgraft.use.report.figures.figure import curve_classes, floats, patient_codes, plain, thinned

_FROM_ELSEWHERE = ("history", "estimates", "learning-curve", "robustness")
"""Figures that are not drawn from the predictions."""


def _texts(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", list(FIGURES))
@pytest.mark.parametrize("binary", [True, False])
def test_contract(fabricate, hostile, name, binary):
    run = read_artefacts(fabricate(labels=hostile[:2] if binary else hostile, n=120))
    figure = FIGURES.get(name)(run)
    assert figure.title and figure.caption and len(figure.alt) > 20
    json.dumps(figure.payload(), allow_nan=False)
    for text in _texts(figure.payload()):
        assert "<" not in text
        if "var(" in text:
            assert re.fullmatch(r"var\(--(s[1-8]|muted|grid|rule)\)(/0\.\d+)?", text)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in _FROM_ELSEWHERE])
def test_nothing_to_draw_is_none(fabricate, name):
    run = read_artefacts(fabricate(n=60))
    assert FIGURES.get(name)(dataclasses.replace(run, predictions=run.predictions.iloc[:0])) is None


def test_thinning_keeps_the_ends():
    x = np.linspace(0, 1, 10_000)
    thin_x, thin_y = thinned(x, x**2)
    assert len(thin_x) <= 400 and thin_x[0] == 0 and thin_x[-1] == 1
    np.testing.assert_allclose(thin_y, thin_x**2)
    assert thinned(x[:9], x[:9])[0] is not None and len(thinned(x[:9], x[:9])[0]) == 9


def test_text_and_numbers():
    assert plain("<b>&") == "&lt;b&gt;&amp;" and len(plain("x" * 99)) == 32
    assert floats([0.1234567, np.nan, np.inf]) == [0.12346, None, None]


def test_patients_as_numbers():
    codes = patient_codes(pd.DataFrame({"patient_id": ["b", "a", "b", None]}))
    assert codes.tolist() == [0, 1, 0, -1]
    assert patient_codes(pd.DataFrame({"x": [1]})).tolist() == [-1]


def test_curves_of_the_commonest_classes(fabricate):
    run = read_artefacts(fabricate(labels=tuple("abcdefghijkl"), n=600))
    assert len(curve_classes(run)) == 8
    assert curve_classes(read_artefacts(fabricate())) == ["malignant"]
