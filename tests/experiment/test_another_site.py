"""The public function: names and defaults of the command line, errors of ours."""

from __future__ import annotations

import pytest

import medgraft


def test_shift(fitted):
    result = medgraft.shift(fitted.run, fitted.cohort, home=fitted.home.path)
    assert result.content["shifted"] is False
    with pytest.raises(medgraft.UsageError, match=r"did you mean 'data\.patient_col'"):
        medgraft.shift(fitted.run, fitted.cohort, options={"pateint_col": "patient"}, home=fitted.home.path)
