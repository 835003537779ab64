"""Near-duplicates as findings: pairs that show the same picture without being equal.

When medgraft makes the split, they are kept together; in a split that came with the data they are reported, and
the test set is judged a second time without them.
"""

from __future__ import annotations

from typing import Any

from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["near_duplicates"]


@CHECKS.register("near-duplicates")
def near_duplicates(material: Material) -> dict[str, list[Any]]:
    """``duplicates`` of kind ``near``: each pair that is not an exact copy anyway, with its likeness."""
    cases = material.cohort.table["case_id"].astype(str).tolist()
    labels = material.labels()
    entries = []
    for pair in material.near:
        both = [cases[pair.first], cases[pair.second]]
        if len({material.facts[case].pixel_hash for case in both if case in material.facts}) > 1:
            entries.append(
                {
                    "kind": "near",
                    "cases": both,
                    "splits": [material.part.get(case) for case in both],
                    "labels": [labels[case] for case in both],
                    "likeness": pair.likeness,
                    "orientation": pair.orientation,
                }
            )
    return {"duplicates": entries}
