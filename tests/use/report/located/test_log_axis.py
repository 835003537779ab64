from __future__ import annotations

import pytest

from medgraft.use.report.located.log_axis import log_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 2000, [1, 10, 100, 1000]),
        (9, 110, [10, 20, 50, 100]),
        (25, 250, [30, 50, 70, 100, 150, 200]),
        (1.21, 2.3, [1.4, 1.6, 1.8, 2.0]),
        (1.01, 1.05, []),
    ],
)
def test_round_numbers(low, high, ticks):
    assert log_ticks(low, high) == ticks
