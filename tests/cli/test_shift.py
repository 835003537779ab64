"""``medgraft shift`` says the answer first; ``--json`` is one object with the names agreed on."""

from __future__ import annotations

from medgraft.cli.main import main
from medgraft.data.phantom.cohort import write_phantom


def test_shift(fitted, call, tmp_path, capsys):
    there = write_phantom(tmp_path / "there", patients=12, images_per_patient=(1, 1), size=64, seed=9)
    answer = call("shift", fitted.run, "--target", there)
    assert {"shifted", "p_value", "label_shift", "expected_accuracy"} <= set(answer)
    words = ["shift", str(fitted.run), "--target", str(there), "--out", str(tmp_path / "shift")]
    assert main([*words, "--home", str(fitted.home.path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("there ")
    for words_of_it in ("MMD²", "told apart, AUROC", "proxy A-distance", "expected accuracy", "shift.html"):
        assert words_of_it in told
    assert ("least like the source" in told) == answer["shifted"]


def test_a_target_is_needed(fitted, capsys):
    assert main(["shift", str(fitted.run)]) == 2
    assert "--target" in capsys.readouterr().err
