"""The folder of an adapted run that outlines, without a case that judges; see also ``test_adapting_outlines``."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from medgraft.data.imaging.reader import ImageReader
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.adapted_folder import BothSites, begin_adapted
from medgraft.experiment.stages.adapted_outlines import AdaptedOutlineRun, write_adapted_outlines
from medgraft.experiment.stages.outlines import Outlined, StudyReader
from medgraft.experiment.stages.source_outlines import source_cohort
from medgraft.experiment.tables import read_table
from medgraft.files import read_json
from medgraft.transfer.segmentation.bundle import read_outline_bundle


def test_without_a_case_that_judges_there_are_no_numbers(outlined_run, tmp_path):
    source, out = RunFolder(outlined_run), RunFolder(tmp_path / "out")
    cohort = replace(source_cohort(source), legend=None)
    sites = BothSites(source, cohort.table)
    begin_adapted(out, sites, method="entropy", seed=0)
    outlined = Outlined([], [], pd.DataFrame(), lambda row, study: study.labels)
    content = {"method": "entropy", "facts": {"steps": 3}}
    bundle = read_outline_bundle(outlined_run)
    made = AdaptedOutlineRun(
        sites, bundle, StudyReader(cohort, ImageReader()), outlined, [{"step": 0}], content, {"adapt": 1.0}
    )
    metrics = write_adapted_outlines(out, made, seed=0, warnings=["kept"])
    assert set(metrics) == {"_meta"} and metrics["_meta"]["warnings"] == ["adapted: kept"]
    assert (
        read_table(out / "outlines.parquet").columns.tolist()
        == read_table(source / "outlines.parquet").columns.tolist()
    )
    facts = read_json(out / "outline_facts.json")
    assert facts["training"] == {"adapted_by": "entropy", "steps": 3} and facts["measurement_error"] == {}
    assert (out / "history.csv").is_file() and (out.private / "legend.json").is_file()
    assert not (out.private / "overlays.parquet").exists()
