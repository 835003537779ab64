"""Stage: what a segmentation is worth; writes ``outlines.parquet``, ``outline_facts.json`` and ``metrics.json``.

``outlines.parquet`` has a row a case and structure; ``outline_facts.json`` the plan, what is outlined in the cohort,
and how well sizes agree, on test cases and on validation cases (the error of one measurement).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from medgraft.data.outlines.statistics import mask_statistics
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.outlines import Outlined, StudyReader
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_table
from medgraft.files import write_json
from medgraft.measure.segmentation.agreement import agreement
from medgraft.measure.segmentation.evaluation import empty_counts, evaluate_outlines
from medgraft.transfer.segmentation.bundle import OutlineBundle

__all__ = ["score_outlines", "size_agreement"]


def score_outlines(work: Workspace, studies: StudyReader, outlined: Outlined, bundle: OutlineBundle) -> dict[str, Any]:
    """``metrics.json`` of the parts, and ``outlines.parquet`` and ``outline_facts.json``; returns the agreement of
    sizes on validation, by structure."""
    write_table(work.run / "outlines.parquet", outlined.table)
    content: dict[str, Any] = {}
    known, empty = work.parts(), dict[str, Any]()
    for part in ("test", "val"):
        places = [place for place, row in enumerate(outlined.rows) if known[row] == part]
        if not places:
            continue
        scores = [outlined.scores[place] for place in places]
        table = work.cohort.table.iloc[[outlined.rows[place] for place in places]]
        content[part] = evaluate_outlines(
            scores,
            groups=patient_numbers(table["patient_id"]),
            seed=work.config.seed,
            replicates=work.config.evaluation.replicates,
        )
        empty[part] = empty_counts(scores)
    unit = str(outlined.table["size_unit"].iloc[0]) if len(outlined.table) else ""
    warnings = ["leaking split"] if work.split is not None and work.split.leaking else []
    content["_meta"] = {
        "task": bundle.task.kind,
        "labels": list(bundle.task.labels),
        "positive_label": None,
        "bootstrap_replicates": work.config.evaluation.replicates,
        "stamp": warnings[0] if warnings else None,
        "empty": empty,
        "spacing_known": unit in ("mL", "mm²"),
        "unit": unit,
        "warnings": warnings,
    }
    write_json(work.run / "metrics.json", content)
    agreed = {part: size_agreement(outlined.table, part, bundle.task.labels) for part in ("val", "test")}
    write_json(
        work.run / "outline_facts.json",
        {
            "plan": bundle.plan.to_json(),
            **_statistics(work, studies),
            "agreement": agreed["test"],
            "measurement_error": agreed["val"],
            "training": work.facts.get("segmentation", {}),
        },
    )
    return agreed["val"]


def _statistics(work: Workspace, studies: StudyReader) -> dict[str, Any]:
    """What is outlined in the cohort, and the cases that stick out."""
    extents = {}
    for row, case in enumerate(work.cohort.table["case_id"].astype(str)):
        extent = studies.extent(row)
        if extent is not None:
            extents[case] = extent
    found = mask_statistics(extents, work.task.labels)
    odd = [
        {
            "case_id": one["case"],
            "label": one["class"],
            "why": f"{one['what']} {one['value']:.4g}, usual {one['usual']:.4g}",
        }
        for one in found["odd"]
    ]
    return {"statistics": found["classes"], "odd": odd}


def size_agreement(table: pd.DataFrame, part: str, labels: Sequence[str]) -> dict[str, Any]:
    """Of the sizes in a part, by structure."""
    found = {}
    for label in labels:
        own = table[(table["split"] == part) & (table["label"] == label)]
        if len(own):
            true, called = own["volume_true"].to_numpy(float), own["volume_called"].to_numpy(float)
            found[label] = agreement(true, called, str(own["size_unit"].iloc[0])).to_json()
    return found
