"""The model card: intended use, training data, evaluation, limits, licence, as sections of plain sentences.

The page and ``model_card.md`` are drawn from the same sections, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.findings import findings, split_sentences
from medgraft.use.report.provenance import Term, backbone_terms, licence_terms
from medgraft.use.report.summary import caveats, summarise
from medgraft.use.report.wording import METRICS, counted, estimate_text, listing, split_name

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
        CardSection("Training data", [*seen_cases(run), *split_sentences(run)]),
        CardSection("What the audit found", [item.text for item in findings(run)]),
        CardSection("Evaluation", [summarise(run).headline], _numbers(run)),
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
    text.append("Images of another kind, region or preprocessing than the training data are outside its use.")
    return text


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
