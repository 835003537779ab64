"""Near pairs become findings with parts and labels; exact copies are told elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medgraft.insight.audit.check import Material
from medgraft.insight.audit.near_duplicates import near_duplicates
from medgraft.insight.audit.near_pairs import NearPair


def test_findings(textured: Callable, facts_of: Callable, cohort_of: Callable) -> None:
    cohort = cohort_of(["a", "b", "a"], splits=["train", "test", "train"])
    cases = cohort.table["case_id"].tolist()
    pictures = [textured(0), np.clip(1.1 * textured(0), 0, 1), textured(0)]
    facts = {case: facts_of(picture) for case, picture in zip(cases, pictures, strict=True)}
    near = [NearPair(0, 1, 0.93, "same"), NearPair(0, 2, 1.0, "same")]
    material = Material(cohort, facts, dict(zip(cases, ["train", "test", "train"], strict=True)), near)
    (entry,) = near_duplicates(material)["duplicates"]
    assert entry == {
        "kind": "near",
        "cases": cases[:2],
        "splits": ["train", "test"],
        "labels": ["a", "b"],
        "likeness": 0.93,
        "orientation": "same",
    }
