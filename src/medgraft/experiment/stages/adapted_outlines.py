"""Stage of ``adapt``: the folder of an adapted run that outlines, which every other verb takes like any such run.

Numbers are of the new model alone, on target cases with masks: what the source's model does there stands in
``adaptation.json``. What validation at the source said of the error of a measurement is not taken along.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.adapted_folder import BothSites
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.outline_scores import size_agreement
from medgraft.experiment.stages.outlines import LEGEND, Outlined, StudyReader
from medgraft.experiment.stages.overlays import overlays_stage
from medgraft.experiment.tables import read_table, write_csv, write_table
from medgraft.files import read_json, write_json
from medgraft.measure.segmentation.evaluation import empty_counts, evaluate_outlines
from medgraft.transfer.segmentation.bundle import OutlineBundle

__all__ = ["AdaptedOutlineRun", "write_adapted_outlines"]


@dataclass(frozen=True)
class AdaptedOutlineRun:
    """``outlined``: the judged target cases by the new model; ``studies`` reads the target."""

    sites: BothSites
    bundle: OutlineBundle
    studies: StudyReader
    outlined: Outlined
    history: Sequence[Mapping[str, Any]]
    content: Mapping[str, Any]
    seconds: Mapping[str, float]


def write_adapted_outlines(
    out: RunFolder, made: AdaptedOutlineRun, *, seed: int, warnings: Sequence[str]
) -> dict[str, Any]:
    """All that ``begin_adapted`` and the bundle leave to write, but the report; ``timings.json`` last. Gives the
    numbers, without any where no case judges."""
    source, outlined = made.sites.source, made.outlined
    if (source.private / LEGEND).is_file():
        shutil.copy(source.private / LEGEND, out.private / LEGEND)
    rows = outlined.table if len(outlined.table) else read_table(source / "outlines.parquet").iloc[:0]
    write_table(out / "outlines.parquet", rows)
    facts, labels = read_json(source / "outline_facts.json"), made.bundle.task.labels
    training = {"adapted_by": made.content["method"], **made.content["facts"]}
    agreement = size_agreement(rows, "test", labels)
    content = {"plan": facts["plan"], "agreement": agreement, "measurement_error": {}, "training": training}
    write_json(out / "outline_facts.json", content)
    if made.history:
        write_csv(out / "history.csv", pd.DataFrame(list(made.history)))
    metrics = _metrics(out, made, seed, warnings)
    overlays_stage(out, made.studies, outlined)
    write_json(out / "adaptation.json", dict(made.content))
    seconds = {name: round(value, 4) for name, value in made.seconds.items()}
    write_json(out / "timings.json", {"seconds": seconds, "forward_passes": 0, "decodes": 0, "facts": {}})
    return metrics


def _metrics(out: RunFolder, made: AdaptedOutlineRun, seed: int, warnings: Sequence[str]) -> dict[str, Any]:
    meta = read_json(made.sites.source / "metrics.json")["_meta"]
    content, outlined = dict[str, Any](), made.outlined
    unit, empty = meta.get("unit", ""), dict[str, Any]()
    if outlined.rows:
        groups = patient_numbers(made.sites.target["patient_id"].iloc[outlined.rows])
        content["test"] = evaluate_outlines(
            outlined.scores, groups=groups, seed=seed, replicates=int(meta["bootstrap_replicates"])
        )
        unit, empty = str(outlined.table["size_unit"].iloc[0]), {"test": empty_counts(outlined.scores)}
    told = [f"adapted: {text}" for text in warnings]
    known = unit in ("mL", "mm²")
    content["_meta"] = {**meta, "empty": empty, "unit": unit, "spacing_known": known, "warnings": told}
    write_json(out / "metrics.json", content)
    return content
