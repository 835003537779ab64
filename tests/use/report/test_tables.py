from __future__ import annotations

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.tables import class_table, cohort_table, key_figures, site_table


def test_key_figures_are_those_of_the_metrics(fabricate):
    run = read_artefacts(fabricate())
    table = key_figures(run)
    assert [column.text for column in table.columns] == ["Test", "Cross-validation", "Validation"]
    assert table.columns[0].small == "48 cases, 24 patients"
    auroc = next(row for row in table.rows if row.title == "AUROC")
    assert auroc.cells[0].text == f"{run.estimate('test', 'auroc')['value']:.3f}" and auroc.cells[0].small
    assert "no measure of quality" in table.note


def test_counts_add_up(fabricate):
    run = read_artefacts(fabricate(labels=("a", "b", "c")))
    for table in (cohort_table(run), site_table(run)):
        numbers = [[int(cell.text) for cell in row.cells] for row in table.rows]
        assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
        assert all(sum(row[:-1]) == row[-1] for row in numbers) and numbers[-1][-1] == 240
    assert cohort_table(run).rows[-1].cells[-1].small == "120 patients"


def test_unknown_sites_and_patients(fabricate):
    run = read_artefacts(fabricate(patients=False))
    assert site_table(run) is None
    assert all(cell.small == "" for row in cohort_table(run).rows for cell in row.cells)
    assert key_figures(run).columns[0].small == "48 cases, patients unknown"


def test_each_class_has_a_row(fabricate):
    run = read_artefacts(fabricate(labels=("a", "b", "c")))
    table = class_table(run)
    assert [row.title for row in table.rows] == ["a", "b", "c"]
    assert sum(int(row.cells[0].text) for row in table.rows) == 48
