"""Numbers, categories, and what is refused: dates, text among numbers, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.clinical.columns import MOST_CATEGORIES, number_of, settled_column
from medgraft.errors import CohortError

FILE = Path("clinic.csv")


def settled(cells, name="x", **options):
    return settled_column(name, cells, list(range(2, len(cells) + 2)), FILE, **options)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", 1.0), (" 2.5 ", 2.5), ("3,5", 3.5), ("-1e3", -1000.0), ("<5", None), ("inf", None), ("1_000", None)],
)
def test_a_number_is_read_and_nothing_else(cell, value):
    assert number_of(cell) == value


def test_kinds():
    assert settled(["1", None, "2,5"]).kind == "number"
    assert settled(["f", "m", None]).kind == "category"
    assert settled(["1", "2", "1"], category=True).kind == "category"
    assert settled([None, None]) is None


def test_text_among_numbers_names_file_row_and_column():
    with pytest.raises(CohortError, match=r"clinic\.csv: row 4 of the column 'crp' holds '<5'.*1 of 3 cells"):
        settled(["1.5", "2", "<5"], "crp")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("seen", ["2020-01-31", "2021-11-02"]),
        ("seen", ["31.01.2020", None]),
        ("seen", ["1/2/99", "12/11/2001"]),
        ("when", ["2020-01-31T12:30:00", "2020-02-01 08:00"]),
        ("birth_date", ["19560131", "19871124"]),
    ],
)
def test_dates_are_refused(name, cells):
    with pytest.raises(CohortError, match=f"the column '{name}' holds dates"):
        settled(cells, name)


def test_a_number_of_eight_digits_is_no_date_by_itself():
    assert settled(["19560131", "20001231"], "platelets").kind == "number"


def test_more_texts_than_categories_are_names():
    cells = [f"note {number}" for number in range(MOST_CATEGORIES + 1)]
    assert settled(cells[:-1]).kind == "category"
    with pytest.raises(CohortError, match="31 different texts"):
        settled(cells)
