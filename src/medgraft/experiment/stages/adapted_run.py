"""Stage of ``adapt``: the folder of an adapted run, which every other verb takes like any run.

Train and val are the source's, with the target cases whose labels were learnt from; test are the target's other
labelled cases; the source's own test cases are in no part. Numbers are of the new model alone: what the source's model
says of the same cases stands in ``adaptation.json``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.adapted_folder import PICTURES, BothSites, begin_adapted
from medgraft.experiment.stages.evaluating import evaluate_part, majority_of, prediction_rows
from medgraft.experiment.stages.side_by_side import Side
from medgraft.experiment.stages.target_labels import TargetLabels
from medgraft.experiment.tables import write_csv, write_table
from medgraft.files import read_json, write_json, write_manifest
from medgraft.insight.explanation.similar import read_gallery
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import Bundle, read_bundle, write_bundle

__all__ = ["AdaptedRun", "write_adapted_run"]


@dataclass(frozen=True)
class AdaptedRun:
    """``source``: the run that was adapted; ``target``: its cases, whose labels are learnt from or judge;
    ``probability`` (m, k): what the new model says of them."""

    source: RunFolder
    target: Side
    bundle: Bundle
    labels: TargetLabels
    probability: NDArray[np.float64]
    history: Sequence[Mapping[str, Any]]
    content: Mapping[str, Any]
    seconds: Mapping[str, float]


def write_adapted_run(out: RunFolder, made: AdaptedRun, *, seed: int, warnings: Sequence[str]) -> dict[str, Any]:
    """Write everything but the report, ``timings.json`` last, in place of a run that may lie there; the numbers of the
    judged cases, empty without any."""
    target, parts = made.target, made.labels
    facts = zip(target.table["case_id"].astype(str), target.embedding.facts, strict=True)
    pairs = [(case, one.thumbnail) for case, one in facts if one is not None]
    sites = BothSites(made.source, target.table, parts.learnt, parts.judged, pd.DataFrame(pairs, columns=PICTURES))
    begin_adapted(out, sites, method=str(made.content["method"]), seed=seed)
    write_bundle(out.bundle, made.bundle, gallery=made.bundle.head.gallery)
    if made.history:
        write_csv(out / "history.csv", pd.DataFrame(list(made.history)))
    metrics = _write_metrics(out, made, seed, [*warnings, *_carried(out, made)])
    write_json(out / "adaptation.json", dict(made.content))
    rounded = {name: round(value, 4) for name, value in made.seconds.items()}
    write_json(
        out / "timings.json",
        {"seconds": rounded, "forward_passes": made.target.embedding.forward_passes, "decodes": 0, "facts": {}},
    )
    return metrics


def _carried(out: RunFolder, made: AdaptedRun) -> list[str]:
    """Beside the model itself, what of the source's bundle is still true of the new one goes along; what was left
    behind, and what that means, in sentences.

    Similar cases are told by the backbone, which may be the same. A fusion rests on the image model's answers: it stays
    where these stay.
    """
    before, told = read_bundle(made.source.bundle), list[str]()
    gallery, fusion = read_gallery(made.source.bundle), ClinicalModel.of_bundle(made.source.bundle)
    if gallery is not None and made.bundle.checksum == before.checksum:
        gallery.write(out.bundle)
        write_manifest(out.bundle)
    elif gallery is not None:
        told.append("the source's gallery is not in this bundle (another backbone): no similar cases are shown")
    if fusion is not None and made.content["method"] == SOURCE_ONLY:
        fusion.keep(out.bundle)
        write_json(out / "fusion.json", {**_body(read_json(made.source / "fusion.json")), "splits": {}})
    elif fusion is not None:
        told.append("the source's clinical table is not in this bundle: it was weighed against other answers")
    if before.gate is not None and made.bundle.gate is None:
        told.append("no gate: the source's knows the source's pictures only, so that any picture gets an answer")
    if before.calibration.sets is not None and made.bundle.calibration.sets is None:
        told.append("no sets of labels: those of the source keep no promise for the target")
    if before.calibration.chain.maps and not made.bundle.calibration.chain.maps:
        told.append("probabilities are the adapted model's own, not mended")
    return told


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "format_version"}


def _write_metrics(out: RunFolder, made: AdaptedRun, seed: int, warnings: Sequence[str]) -> dict[str, Any]:
    meta, task = read_json(made.source / "metrics.json")["_meta"], made.bundle.task
    rows = prediction_rows(
        made.target.table.iloc[made.labels.judged], "test", made.probability[made.labels.judged], made.bundle
    )
    write_table(out / "predictions.parquet", rows)
    content, told = dict[str, Any](), [f"adapted: {text}" for text in warnings]
    if len(rows):
        content["test"], found = evaluate_part(
            rows, made.bundle, majority=majority_of(meta, task), seed=seed, replicates=meta["bootstrap_replicates"]
        )
        told += [f"test: {text}" for text in found]
    content["_meta"] = {**meta, "warnings": told}
    write_json(out / "metrics.json", content)
    return content
