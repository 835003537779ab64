"""``medgraft compare`` shows both runs side by side and says in a sentence which one is better, if any."""

from __future__ import annotations

import shutil

import pandas as pd

from medgraft.cli.main import main


def test_compare(fitted, run, call, capsys):
    answer = call("compare", fitted.run, run)
    assert answer["verdict"] == "no difference seen"
    assert answer["auroc"]["difference"] == answer["accuracy"]["difference"] == 0
    assert answer["sentence"].startswith("no difference seen: AUROC")
    assert main(["compare", str(fitted.run), str(run)]) == 0
    shown = capsys.readouterr().out
    assert answer["sentence"] in " ".join(shown.split())
    assert f"test: {answer['n']} cases" in shown
    assert "p = 1.000" in shown


def test_another_part_and_cases_that_differ(fitted, run, call, capsys):
    assert call("compare", fitted.run, run, "--split", "cv")["n"] > call("compare", fitted.run, run)["n"]
    rows = pd.read_parquet(run / "predictions.parquet")
    first = rows.index[rows["split"] == "test"][0]
    rows.drop(index=first).to_parquet(run / "predictions.parquet", index=False)
    assert main(["compare", str(fitted.run), str(run)]) == 3
    assert "--common" in capsys.readouterr().err
    answer = call("compare", fitted.run, run, "--common")
    assert answer["left_out"] == {"first": 1, "second": 0}
    shutil.rmtree(run)
    assert main(["compare", str(fitted.run), str(run)]) == 4
