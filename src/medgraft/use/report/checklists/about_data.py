"""Where the data come from, how they were prepared and parted, and who is in them."""

from __future__ import annotations

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.checklists.answer import ANSWERS, Answer, people
from medgraft.use.report.findings import split_sentences
from medgraft.use.report.wording import clip, counted, humane, listing, split_name

__all__: list[str] = []


@ANSWERS.register("sources")
def _sources(run: Artefacts) -> Answer | None:
    name = run.config_value("cohort_name")
    sites = sorted(run.cohort["site"].dropna().astype(str).unique())
    where = f", from {counted(len(sites), 'site')}: {listing(sites)}" if sites else ", site unknown"
    which = f"The data set {clip(name, 80)}: " if name else ""
    return f"{which}{people(run)}{where}.", "cohort.parquet"


@ANSWERS.register("centres")
def _centres(run: Artefacts) -> Answer | None:
    sites = run.cohort["site"].nunique()
    return (f"{counted(sites, 'site')} by the cohort's column.", "cohort.parquet") if sites else None


@ANSWERS.register("excluded")
def _excluded(run: Artefacts) -> Answer | None:
    if not run.audit:
        return None
    bad, dropped = len(run.audit.get("quarantined") or []), len(run.split.get("dropped") or [])
    text = f"By machine only: {counted(bad, 'case')} could not be used, {counted(dropped, 'case')} left out for leaks."
    return f"{text} Clinical criteria are for the authors.", "audit.json, split.json"


@ANSWERS.register("preprocessing")
def _preprocessing(run: Artefacts) -> Answer | None:
    told = [f"{humane(str(k))} {clip(v, 60)}" for k, v in run.preprocessing.items() if k != "format_version"]
    return (f"{listing(told, most=12, length=90)}.", "bundle/preprocessing.json") if told else None


@ANSWERS.register("slices")
def _slices(run: Artefacts) -> Answer | None:
    if not len(run.slices):
        return None
    return f"Of volumes, up to {run.preprocessing.get('slices')} slices are looked at.", "bundle/preprocessing.json"


@ANSWERS.register("privacy")
def _privacy(run: Artefacts) -> Answer | None:
    found = run.audit.get("privacy")
    if found is None:
        return None
    text = "Outside of private/ the run holds keyed hashes in the place of patients and files"
    return f"{text}; the audit found {counted(len(found), 'identifying entry', 'identifying entries')}.", "audit.json"


@ANSWERS.register("missing")
def _missing(run: Artefacts) -> Answer | None:
    unlabelled = int(run.cohort["label"].isna().sum()) if not run.several else 0
    text = f"{counted(unlabelled, 'case')} without a label" if unlabelled else "No case without a label was used"
    columns = [c for c in run.fusion.get("columns") or [] if c.get("missing")]
    if run.fusion:
        text += (
            f"; values are missing in {counted(len(columns), 'clinical column')}, count as the mean, with a flag; "
            f"{run.fusion['cases'] - run.fusion['cases_with_a_row']} cases have no row: the image answers"
        )
    return f"{text}.", "cohort.parquet, fusion.json" if run.fusion else "cohort.parquet"


@ANSWERS.register("acquisition")
def _acquisition(run: Artefacts) -> Answer | None:
    kinds = sorted({str(item) for item in run.cohort["modality"].dropna()} - {"unknown"})
    return (
        (f"Modality: {listing(kinds)}. Devices and settings are for the authors.", "cohort.parquet") if kinds else None
    )


@ANSWERS.register("partition")
def _partition(run: Artefacts) -> Answer | None:
    return " ".join(split_sentences(run)), "split.json"


@ANSWERS.register("disjoint")
def _disjoint(run: Artefacts) -> Answer | None:
    if run.split.get("leaking"):
        return "The parts are not apart: a leak was kept on request.", "split.json"
    level = "Patients and copies of images" if run.patients_known else "Copies of images only: patients are unknown"
    return f"{level}.", "split.json, audit.json"


@ANSWERS.register("flow")
def _flow(run: Artefacts) -> Answer | None:
    sizes = [f"{split_name(part).lower()} {len(run.split.get(part) or [])}" for part in ("train", "val", "test")]
    out = len(run.split.get("dropped") or []) + len(run.audit.get("quarantined") or [])
    return f"{people(run)}; {listing(sizes)}; {out} set aside or left out.", "split.json, audit.json"


@ANSWERS.register("preparation")
def _preparation(run: Artefacts) -> Answer | None:
    if not run.audit:
        return None
    copies = len(run.audit.get("duplicates") or [])
    return f"Files were checked for damage, copies ({copies} found), leaks and shortcuts.", "audit.json"


@ANSWERS.register("outcome")
def _outcome(run: Artefacts) -> Answer | None:
    return (
        f"Labels: {listing(run.labels, most=20)}. How and when they were assessed is for the authors.",
        "bundle/labels.json",
    )


@ANSWERS.register("characteristics")
def _characteristics(run: Artefacts) -> Answer | None:
    counts = [f"{clip(label, 30)} {number}" for label, number in run.counts(run.main_rows).items()]
    text = f"Classes in {split_name(run.main or '').lower()}: {listing(counts, most=20)}"
    columns = run.subgroups.get("by") or []
    more = f"; groups by {listing(columns)}" if columns else "; no column of patients was named (--by)"
    return f"{text}{more}.", "cohort.parquet, subgroups.json" if columns else "cohort.parquet"


@ANSWERS.register("apart")
def _apart(run: Artefacts) -> Answer | None:
    outside = [split_name(split) for split in run.judged if split.startswith("external:")]
    if outside:
        return f"Judged elsewhere, too: {listing(outside)}. How those data differ is for the authors.", "metrics.json"
    return "Test cases are of the same data set as the training cases, other patients.", "split.json"
