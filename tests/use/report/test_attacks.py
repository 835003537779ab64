"""What is told of attacks on outlines."""

from __future__ import annotations

from medgraft.use.report.attacks import attack_sentences, attack_table


def estimate(value, low=None):
    return {"value": value, "low": low, "high": low, "n": 8, "n_patients": None}


def told(*labels):
    def one(value):
        return {"overall": estimate(value, value), "per_class": {label: estimate(value) for label in labels}}

    steps = [{"level": level, **one(value)} for level, value in ((1, 0.7), (4, 0.2))]
    attacks = [{"name": "pgd", "epsilons": steps}]
    return {"split": "external:x", "measure": "dice", "seed": 0, "cases": 10, "clean": one(0.9), "attacks": attacks}


def test_a_sentence_an_attack():
    (text,) = attack_sentences(told("a"))
    assert text == (
        "8 cases of External: x (of 10, drawn by patient), attacked by PGD-20: Dice goes from 0.900 to 0.700 and "
        "0.200, at 1 and 4 of 255 grey levels."
    )


def test_a_row_a_strength_and_a_column_a_structure():
    table = attack_table(told("a", "b"))
    assert [cell.text for cell in table.columns] == ["Dice", "a", "b"]
    assert [row.title for row in table.rows] == ["As it is", "PGD-20, 1 of 255", "PGD-20, 4 of 255"]
    assert len(attack_table(told("a")).columns) == 1


def test_of_labels_it_is_the_share_that_is_right():
    content = {**told(), "measure": "accuracy", "fooled_by_answers_alone": 3}
    first, last = attack_sentences(content)
    assert "Accuracy goes from 0.900" in first and "by no gradient: 3 cases" in last
    table = attack_table(content)
    assert table.columns[0].text == "Accuracy" and "likelier class" in table.note
