"""A budget is a time with a unit, and the rungs are strategies that exist."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medgraft.experiment import config
from medgraft.experiment.search import SearchSection


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5h", 5400), ("2 m", 120), (None, None)])
def test_seconds(text, seconds):
    assert config
    assert SearchSection(budget=text).seconds == seconds


def test_a_strategy_that_is_none_is_told_with_the_nearest():
    with pytest.raises(ValidationError, match="did you mean 'linear-probe'"):
        SearchSection(lower=("linear-prob",))
