"""A clinical table is read as it stands, joined by patient or path, and what is wrong is told by file and row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.clinical.table import column_values, read_clinical
from medgraft.data.cohort.tabular import read_rows
from medgraft.errors import CohortError

TEXT = "patient,age,sex,crp\nA,61,f,1.5\nB,48,m,\nC,,f,7\n"


@pytest.fixture
def write(tmp_path):
    def one(text, name="clinic.csv"):
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return one


def cases(patients, paths=None):
    paths = paths or [f"/data/{number}.png" for number in range(len(patients))]
    return pd.DataFrame({"patient": patients, "path": paths})


def test_rows_go_to_all_cases_of_their_patient(write):
    rows = read_clinical(write(TEXT), ClinicalOptions()).joined(cases(["B", "A", "A", "Z", None]))
    assert rows.found.tolist() == [True, True, True, False, False]
    np.testing.assert_array_equal(rows.values["age"], [48, 61, 61, np.nan, np.nan])
    assert rows.values["sex"].tolist()[:3] == ["m", "f", "f"]
    assert np.isnan(rows.values["crp"][0])
    assert any("2 of 5 cases of 1 patients have no row" in note for note in rows.notes)
    assert any("1 of 3 rows" in note for note in rows.notes)


def test_no_note_names_a_patient(write):
    rows = read_clinical(write(TEXT.replace("A,", "Anna,")), ClinicalOptions()).joined(cases(["Anna", "Bert"]))
    assert not any("Anna" in note or "Bert" in note for note in rows.notes)


def test_parquet_and_csv_say_the_same(write, tmp_path):
    file = write(TEXT)
    pd.read_csv(file).to_parquet(tmp_path / "clinic.parquet")
    one, other = (read_clinical(path, ClinicalOptions()) for path in (file, tmp_path / "clinic.parquet"))
    assert one.digest() == other.digest()


def test_the_digest_follows_the_values_not_the_order(write):
    lines = TEXT.splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])]) + "\n"
    one, other, third = (
        read_clinical(write(text), ClinicalOptions()) for text in (TEXT, turned, TEXT.replace("61", "62"))
    )
    assert one.digest() == other.digest()
    assert one.digest() != third.digest()


def test_by_path_relative_to_the_table_by_name_or_whole(write, tmp_path):
    file = write(f"file,age\nimg/a.png,1\nb.png,2\n{tmp_path}/c.png,3\n")
    paths = [str(tmp_path / "img" / "a.png"), "/elsewhere/b.png", str(tmp_path / "c.png"), "/elsewhere/d.png"]
    rows = read_clinical(file, ClinicalOptions(by="path")).joined(cases([None] * 4, paths))
    np.testing.assert_array_equal(rows.values["age"], [1, 2, 3, np.nan])


def test_what_is_no_value_is_passed_over_unless_named(write):
    file = write("patient,label,site,age\nA,x,s,1\nB,y,s,2\n")
    assert [column.name for column in read_clinical(file, ClinicalOptions()).columns] == ["age"]
    named = read_clinical(file, ClinicalOptions(columns=("site", "age")))
    assert [column.name for column in named.columns] == ["site", "age"]


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (TEXT, {"columns": ["agge"]}, r"clinic\.csv: the column 'agge' is not there \(did you mean 'age'"),
        (TEXT, {"join": "person"}, "the joining column 'person' is not there"),
        ("who,age\nA,1\n", {}, "no column is called patient"),
        (TEXT + "A,62,f,1.5\n", {}, "rows 2 and 5 are about the same patient and differ"),
        (TEXT.replace("48", "unknown?"), {}, r"row 3 of the column 'age' holds 'unknown\?'"),
        ("patient,age\nA,\nB,\n", {"columns": ["age"]}, "the column 'age' holds nothing in any of its 2 rows"),
        ("patient,age\nA,\nB,\n", {}, "holds no column beside 'patient'"),
        ("patient,age\n,1\n,2\n", {}, "its joining column is empty"),
        ("patient,age,age\nA,1,2\n", {}, "two columns 'age'"),
        ("patient,born\nA,1956-01-31\nB,1987-11-24\n", {}, "the column 'born' holds dates"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told(write, text, options, told):
    with pytest.raises(CohortError, match=told) as caught:
        read_clinical(write(text), ClinicalOptions(**options))
    assert "A,62" not in str(caught.value)


def test_a_row_that_repeats_is_dropped_and_told(write):
    table = read_clinical(write(TEXT + "A,61,f,1.5\n"), ClinicalOptions())
    assert len(table.keys) == 3
    assert any("1 rows of clinic.csv repeat" in note for note in table.notes)


def test_a_column_of_nothing_is_left_out_and_told(write):
    table = read_clinical(write("patient,age,gone\nA,1,\nB,2,\n"), ClinicalOptions())
    assert [column.name for column in table.columns] == ["age"]
    assert any("'gone'" in note for note in table.notes)


def test_nobody_has_a_row(write):
    with pytest.raises(CohortError, match="none of its 3 rows is about one of the 2 cases"):
        read_clinical(write(TEXT), ClinicalOptions()).joined(cases(["X", "Y"]))


def test_patients_are_needed_to_join_by_patient(write):
    with pytest.raises(CohortError, match=r"--patient-col or --patient-regex.*clinical\.by=path"):
        read_clinical(write(TEXT), ClinicalOptions()).joined(cases([None, None]))


KINDS = (Column("age", "number"), Column("sex", "category"))


def test_at_prediction_the_kinds_are_those_of_the_fit(write):
    table = read_clinical(write("patient,sex,age\nA,1,\nB,2,50\n"), ClinicalOptions(), kinds=KINDS)
    assert table.columns == KINDS
    assert table.values["sex"].tolist() == ["1", "2"]


def test_at_prediction_a_column_may_be_empty_but_not_of_another_kind(write):
    assert read_clinical(write("patient,age,sex\nA,,f\n"), ClinicalOptions(), kinds=KINDS).values["age"].isna().all()
    with pytest.raises(CohortError, match=r"row 2 of the column 'age' holds text"):
        read_clinical(write("patient,age,sex\nA,old,f\n"), ClinicalOptions(), kinds=KINDS)
    with pytest.raises(CohortError, match="the column 'sex' is not there"):
        read_clinical(write("patient,age\nA,1\n"), ClinicalOptions(), kinds=KINDS)


def test_taking_and_leaving_out(write):
    rows = read_clinical(write(TEXT), ClinicalOptions()).joined(cases(["A", "B", "C"]))
    some = rows.without(["crp"]).take(np.array([2, 0]))
    assert list(some.values.columns) == ["age", "sex"]
    assert some.values["sex"].tolist() == ["f", "f"]
    assert rows.take(np.array([False, True, False])).values["age"].tolist() == [48]


def test_one_column_alone(write):
    file = write(TEXT)
    assert column_values("crp", read_rows(file), file).tolist()[::2] == [1.5, 7.0]
    assert column_values("sex", read_rows(file), file).tolist() == ["f", "m", "f"]
