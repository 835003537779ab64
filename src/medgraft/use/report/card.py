"""The model card: intended use, training data, evaluation, limits, licence, as sections of plain sentences.

The page and ``model_card.md`` are drawn from the same sections, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.findings import findings, split_sentences
from medgraft.use.report.fusion import fusion_view
from medgraft.use.report.provenance import Term, backbone_terms, licence_terms
from medgraft.use.report.subgroups import subgroup_view
from medgraft.use.report.summary import caveats, summarise
from medgraft.use.report.wording import METRICS, clip, counted, decimal, estimate_text, listing, percent, split_name

__all__ = ["CardSection", "model_card", "seen_cases"]


@dataclass(frozen=True)
class CardSection:
    """``sentences`` first, then ``terms``."""

    title: str
    sentences: list[str] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)


def model_card(run: Artefacts) -> list[CardSection]:
    """The sections of the card, in order."""
    return [
        CardSection("Intended use", _use(run)),
        CardSection("Model", [], backbone_terms(run)),
        CardSection("Data sheet of the cohort", [*seen_cases(run), *split_sentences(run)], _sheet(run)),
        CardSection("What the audit found", [item.text for item in findings(run)]),
        CardSection("Evaluation", [summarise(run).headline], _numbers(run)),
        *_added(run),
        CardSection("Limits", caveats(run)),
        CardSection("Licence of the source weights", [], licence_terms(run)),
    ]


def _use(run: Artefacts) -> list[str]:
    """For what, and for what not."""
    text = [
        "Research use only, not a medical device: not for diagnosis, and not for decisions about patients.",
    ]
    classes = counted(len(run.labels), "label") if run.several else counted(len(run.labels), "class", "classes")
    text.append(f"The model gives one image a probability for each of {classes}: {listing(run.labels, most=20)}.")
    if run.several:
        text.append("Each label is a question of its own: an image may have several of them, or none.")
    if run.binary:
        text.append(f"The positive class is “{listing([run.shown])}”.")
    kinds = sorted({str(item) for item in run.cohort["modality"].dropna()} - {"unknown"})
    kind = f" ({listing(kinds)})" if kinds else ""
    text.append(f"Images of another kind{kind}, region or preprocessing than the training data are outside its use.")
    if run.fusion:
        names = [str(column["name"]) for column in run.fusion.get("columns") or []]
        text.append(
            f"With a clinical table ({listing(names, most=20)}) it answers by image and table; without a row, by the "
            "image alone."
        )
    if not any(split.startswith("external:") for split in run.judged):
        text.append(
            "It was not tested on data of another source: before any other use, test it where it is to be used."
        )
    return text


def _sheet(run: Artefacts) -> list[Term]:
    """What the cohort is made of."""
    table, terms = run.cohort, list[Term]()
    if run.patients_known:
        each = table.groupby("patient_id").size()
        terms.append(("Cases a patient", f"{each.min()} to {each.max()}, mean {decimal(each.mean(), 1)}"))
    if not run.several:
        for label, rows in table.groupby("label", observed=True):
            people = f" of {counted(rows['patient_id'].nunique(), 'patient')}" if run.patients_known else ""
            terms.append((f"Class {clip(label, 40)}", f"{counted(len(rows), 'case')}{people}"))
    for site, rows in table.groupby("site", observed=True):
        terms.append((f"Site {clip(site, 40)}", counted(len(rows), "case")))
    for column in run.fusion.get("columns") or []:
        kind = f"{column['groups']} groups" if column["kind"] == "category" else "number"
        missing = f"{percent(column['missing'])} missing in training"
        terms.append((f"Clinical column {clip(column['name'], 40)}", f"{kind}, {missing}"))
    terms.append(("Synthetic", "yes" if run.synthetic else "not said to be"))
    terms.append(("Consent, approval, how cases were chosen", "for the authors"))
    return terms


def _added(run: Artefacts) -> list[CardSection]:
    """Image and table, and groups of patients, where the run looked at them."""
    fusion, groups = fusion_view(run), subgroup_view(run)
    found = [CardSection("Image and table", fusion.sentences)] if fusion else []
    return [*found, *([CardSection("Groups of patients", groups.sentences)] if groups else [])]


def seen_cases(run: Artefacts) -> list[str]:
    """What the model has seen."""
    table = run.cohort
    patients = counted(table["patient_id"].nunique(), "patient") if run.patients_known else "unknown patients"
    sites = table["site"].nunique()
    where = (
        f" from {counted(sites, 'site')} ({listing(sorted(table['site'].dropna().astype(str).unique()))})"
        if sites
        else ""
    )
    modalities = sorted({str(item) for item in table["modality"].dropna()})
    return [f"{counted(len(table), 'case')} of {patients}{where}; modality: {listing(modalities) or 'unknown'}."]


def _numbers(run: Artefacts) -> list[Term]:
    """AUROC, accuracy and the majority baseline of every split that is judged."""
    return [
        (f"{split_name(split)}: {METRICS[metric][0]}", estimate_text(entry))
        for split in run.judged
        for metric in ("auroc", "accuracy", "majority_accuracy", "balanced_accuracy")
        if (entry := run.estimate(split, metric))
    ]
