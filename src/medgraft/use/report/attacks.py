"""How answers and outlines fare under attack: a sentence each, and a row an attack and strength."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import counted, decimal, listing, split_name

__all__ = ["attack_sentences", "attack_table"]

_NAMES = {"fgsm": "FGSM", "pgd": "PGD-20", "apgd": "APGD", "square": "Square (answers alone)"}
_MEASURES = {"dice": "Dice", "accuracy": "Accuracy"}
_NOTE_OF_LABELS = (
    "Share of pictures whose likelier class is the true one, after every pixel was changed by at most so many of 255 "
    "grey levels, so that the answer becomes wrong. The attacker knows the model. A better attack may find worse: "
    "these are upper bounds. 95 % intervals over patients (over cases, where patients are unknown)."
)
_NOTE = (
    "Dice on pictures that were changed by at most so many of 255 grey levels in every pixel, so that outlines agree "
    "least with the truth. The attacker knows the model. A better attack may find worse: these are upper bounds. 95 % "
    "intervals over patients (over cases, where patients are unknown)."
)


def attack_sentences(told: Mapping[str, Any]) -> list[str]:
    """By the content of ``attacks.json``; also for the terminal."""
    start, measure = told["clean"]["overall"], _MEASURES[told["measure"]]
    who = f"{counted(start['n'], 'case')} of {split_name(str(told['split']))}"
    if start["n"] < told["cases"]:
        who += f" (of {told['cases']}, drawn by patient)"
    found = []
    for attack in told["attacks"]:
        levels = [str(step["level"]) for step in attack["epsilons"]]
        values = [decimal(step["overall"]["value"]) for step in attack["epsilons"]]
        name = _NAMES.get(attack["name"], attack["name"])
        fall = f"from {decimal(start['value'])} to {listing(values, last='and')}"
        where = f"at {listing(levels, last='and')} of 255 grey levels"
        found.append(f"{who}, attacked by {name}: {measure} goes {fall}, {where}.")
    blind = told.get("fooled_by_answers_alone", 0)
    if blind:
        found.append(
            f"Fooled by answers alone and by no gradient: {counted(blind, 'case')}. Gradients mislead here, and the "
            "model is less robust than they say."
        )
    return found


def attack_table(told: Mapping[str, Any]) -> Table:
    """A row an attack and strength, a column a structure where there are several."""
    labels = list(told["clean"]["per_class"])
    labels = labels if len(labels) > 1 else []
    rows = [_row("As it is", told["clean"], labels)]
    for attack in told["attacks"]:
        name = _NAMES.get(attack["name"], attack["name"])
        rows += [_row(f"{name}, {step['level']} of 255", step, labels) for step in attack["epsilons"]]
    columns = [Cell(_MEASURES[told["measure"]]), *(Cell(label) for label in labels)]
    return Table("Under attack", "Pictures", columns, rows, _NOTE if told["measure"] == "dice" else _NOTE_OF_LABELS)


def _row(title: str, told: Mapping[str, Any], labels: list[str]) -> Row:
    return Row(title, [_cell(told["overall"]), *(_cell(told["per_class"][label]) for label in labels)])


def _cell(estimate: Mapping[str, Any]) -> Cell:
    if estimate["low"] is None:
        return Cell(decimal(estimate["value"]))
    return Cell(decimal(estimate["value"]), f"{decimal(estimate['low'])} to {decimal(estimate['high'])}")
