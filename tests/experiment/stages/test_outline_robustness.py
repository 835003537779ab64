"""Dice under attack and on worse pictures of a real run: schemas, intervals, and that attacks are worse than noise."""

from __future__ import annotations

import json
import shutil

import jsonschema
import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import UsageError
from medgraft.experiment.evaluating_outlines import evaluate_outlined
from medgraft.home import Home


@pytest.fixture(scope="module")
def asked(disc_run, discs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    shutil.copytree(disc_run.run, folder / "run")
    there = discs(folder / "site", count=4, seed=7, name="Fremd")
    options = CohortOptions(patient_regex=r"^([A-Z][a-z]+\d+)-")
    found = evaluate_outlined(
        folder / "run", there, options=options, corruptions=True, attacks=True, home=disc_run.home
    )
    return folder / "run", found


def test_what_is_written_follows_its_schema(asked, repository):
    run, found = asked
    for name in ("attacks", "robustness"):
        schema = json.loads((repository / f"src/medgraft/experiment/schemas/{name}.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads((run / f"{name}.json").read_text()))
    assert found["robustness"]["measure"] == "dice"
    page = (run / "report.html").read_text("utf-8")
    assert "Under attack" in page and "Worse pictures" in page and "attacked by PGD-20" in page


def test_the_clean_dice_is_that_of_the_evaluation_and_attacks_hurt(asked):
    _, found = asked
    clean = found["metrics"]["dice"]["value"]
    assert found["attacks"]["clean"]["overall"]["value"] == pytest.approx(clean)
    assert found["robustness"]["mean"]["accuracy"][0]["value"] == pytest.approx(clean)
    assert (found["attacks"]["clean"]["overall"]["n"], found["attacks"]["clean"]["overall"]["n_patients"]) == (4, 2)
    for attack in found["attacks"]["attacks"]:
        values = [step["overall"]["value"] for step in attack["epsilons"]]
        assert [step["level"] for step in attack["epsilons"]] == [1, 2, 4]
        assert clean >= values[0] >= values[1] >= values[2] and values[2] < clean
    by_name = {item["name"]: item["epsilons"][-1]["overall"]["value"] for item in found["attacks"]["attacks"]}
    assert by_name["pgd"] <= by_name["fgsm"] + 0.02


def test_what_moves_the_picture_is_left_out_and_volumes_are_refused(asked, outlined_run, outlined_cohort):
    _, found = asked
    names = {item["name"] for item in found["robustness"]["corruptions"]}
    assert names and not names & {"closer-view", "wider-view"}
    home = Home.find(outlined_run.parent / "home")
    for option in ("corruptions", "attacks"):
        with pytest.raises(UsageError, match="volumes"):
            evaluate_outlined(outlined_run, outlined_cohort, name="again", home=home, **{option: True})
