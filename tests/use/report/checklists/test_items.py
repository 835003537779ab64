"""The items as data: numbers as published, each answer there, each number once."""

from __future__ import annotations

from collections import Counter

from medgraft.use.report.checklists.checklist import ANSWERS, BUILT_IN
from medgraft.use.report.checklists.items import CHECKLISTS


def test_the_numbers_are_those_published():
    assert [number for number, _, _ in CHECKLISTS["CLAIM 2024"]] == [str(number) for number in range(1, 45)]
    tripod = [number for number, _, _ in CHECKLISTS["TRIPOD+AI"]]
    assert len(set(tripod)) == len(tripod)
    assert sorted({int(number.rstrip("abcdefg")) for number in tripod}) == list(range(1, 28))
    parts = Counter(number[:-1] for number in tripod if number[-1].isalpha())
    assert parts == {"3": 3, "5": 2, "6": 3, "8": 3, "9": 3, "12": 7, "18": 6, "20": 3, "23": 2, "27": 3}


def test_every_answer_is_there_and_asked_for():
    asked = {name for items in CHECKLISTS.values() for _, _, name in items if name}
    assert len(BUILT_IN) == 3
    assert asked == {name for name, _ in ANSWERS.items()}
