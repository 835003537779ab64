"""The same pixels under different labels: at least one of them is wrong."""

from __future__ import annotations

from typing import Any

from medgraft.insight.audit.check import CHECKS, Material
from medgraft.insight.audit.duplicates import same_pixels

__all__ = ["label_conflicts"]


@CHECKS.register("label-conflicts")
def label_conflicts(material: Material) -> dict[str, list[Any]]:
    """``label_conflicts``: groups of duplicates whose known labels differ (of several labels a case, any of them)."""
    labels, known = material.labels(), dict[str, set[tuple[int, int]]]()
    cases_of = material.cohort.table["case_id"].astype(str).to_numpy()
    for number, (rows, _, truth) in enumerate(material.questions()):
        for case, answer in zip(cases_of[rows], truth.tolist(), strict=True):
            known.setdefault(str(case), set()).add((number, answer))
    groups = [cases for cases in same_pixels(material) if _differ([known.get(case, set()) for case in cases])]
    return {"label_conflicts": [{"cases": cases, "labels": [labels[case] for case in cases]} for cases in groups]}


def _differ(known: list[set[tuple[int, int]]]) -> bool:
    """Whether one question has two answers; ``(question, answer)`` a case."""
    every = set[tuple[int, int]]().union(*known)
    return len({question for question, _ in every}) < len(every)
