from __future__ import annotations

import pytest

from medgraft.measure.detection.catalogue import DETECTION
from medgraft.measure.segmentation.catalogue import SEGMENTATION
from medgraft.use.report.located.measures import (
    between,
    estimate_words,
    measure_of,
    measured,
    spread,
    three_digits,
    unit_of,
)


@pytest.mark.parametrize("name", [*SEGMENTATION, *DETECTION])
def test_every_measure_has_words(name):
    assert measure_of(name).title and measure_of(name).hint


@pytest.mark.parametrize(("name", "metric"), SEGMENTATION.items())
def test_units_are_those_of_the_measures(plain_run, name, metric):
    assert unit_of(plain_run(), measure_of(name)) == metric.unit


def test_an_unknown_measure_is_shown_by_its_name():
    assert measure_of("new_thing").title == "New thing"
    assert measure_of("sensitivity_at_0_125").title == "Sensitivity at 0.125"
    assert measure_of("sensitivity_at_8").title == "Sensitivity at 8"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.03124, "0.0312"), (3.4167, "3.42"), (128.4, "128"), (-5.0, "−5.00"), (1e-9, "0.00000")],
)
def test_three_digits(value, text):
    assert three_digits(value) == text


def test_numbers_with_and_without_unit():
    assert measured(0.87312) == "0.873" and measured(3.4167, "mm") == "3.42\u00a0mm"
    assert measured(None, "mm") == measured(float("nan"), "mm") == measured(True, "mm") == "–"
    assert between(-0.12, 0.0312, "mL") == "−0.120 to 0.031\u00a0mL" and between(0.1, 0.2) == "0.100 to 0.200"
    assert between(None, 1, "mL") == "" and spread(None) == "" and between(0.0, 0.0, "mm") == "0 to 0\u00a0mm"


def test_estimates_in_words(plain_run):
    run = plain_run()
    told = estimate_words(run, "hd95", run.estimate("test", "hd95"))
    assert told == "2.50\u00a0mm (95\u00a0% interval 2.10 to 2.90\u00a0mm)"
    assert estimate_words(run, "hd95", {"value": 2.5, "low": None, "high": None}) == "2.50\u00a0mm"
    assert unit_of(plain_run(metrics={"_meta": {"unit": "pixels"}}), measure_of("hd95")) == "pixels"
