"""``medgraft evaluate`` adds an external part to the run."""

from __future__ import annotations

import shutil

import pandas as pd

from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom


def test_evaluate(fitted, run, call):
    answer = call("evaluate", run, fitted.cohort, "--name", "again")
    assert answer["split"] == "external:again"
    assert answer["metrics"]["accuracy"]["n"] > 0


def test_what_cannot_be_used_is_told_on_the_terminal(fitted, run, tmp_path, capsys):
    cohort = write_phantom(tmp_path / "elsewhere", patients=8, images_per_patient=(1, 1), size=64, seed=9)
    shutil.copy(cohort / "README.txt", cohort / "images" / "broken.png")
    table = pd.read_csv(cohort / "table.csv")
    rows = [table.iloc[0].to_dict() | {"path": f"images/{name}.png"} for name in ("broken", "missing")]
    pd.concat([table, pd.DataFrame(rows)]).to_csv(cohort / "table.csv", index=False)
    assert main(["evaluate", str(run), str(cohort), "--home", str(fitted.home.path)]) == 0
    shown = capsys.readouterr().out
    assert "2 cases could not be used and are left out" in shown
    assert f"{cohort / 'images' / 'broken.png'}: it is not an image" in shown
    assert f"{cohort / 'images' / 'missing.png'}: row {len(table) + 3}: no such file" in shown


def test_worse_pictures(fitted, run, call, capsys):
    answer = call("evaluate", run, fitted.cohort, "--name", "worse", "--corruptions")
    assert answer["robustness"]["split"] == "external:worse"
    words = ["evaluate", str(run), str(fitted.cohort), "--name", "again", "--corruptions"]
    assert main([*words, "--home", str(fitted.home.path)]) == 0
    assert "spoilt in" in capsys.readouterr().out
