"""How well it does, how sure that is, in whom, and where it fails."""

from __future__ import annotations

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.checklists.answer import ANSWERS, Answer
from medgraft.use.report.summary import caveats
from medgraft.use.report.wording import METRICS, clip, counted, decimal, estimate_text, listing, split_name

__all__: list[str] = []


def _of(run: Artefacts, splits: list[str]) -> Answer | None:
    told = [
        f"{split_name(split)}: {METRICS[metric][0]} {estimate_text(entry)}"
        for split in splits
        for metric in ("auroc", "accuracy")
        if (entry := run.estimate(split, metric))
    ]
    return (f"{listing(told, most=20, length=120)}.", "metrics.json") if told else None


@ANSWERS.register("metrics")
def _metrics(run: Artefacts) -> Answer | None:
    found = run.metrics.get(run.main or "", {})
    names = [METRICS[name][0] for name in METRICS if name in found]
    return (f"{listing(names, most=20)}.", "metrics.json") if names else None


@ANSWERS.register("uncertainty")
def _uncertainty(run: Artefacts) -> Answer | None:
    if not run.main:
        return None
    text = "95 % intervals for every number, over patients where known: DeLong for AUROC, Wilson for shares, else "
    paired = "; differences are paired" if run.fusion or run.comparison else ""
    holm = "; p values of groups by Holm" if run.subgroups else ""
    draws = run.metrics.get("_meta", {}).get("bootstrap_replicates")
    drawn = f" with {draws} draws" if draws else ""
    return f"{text}bootstrap{drawn}{paired}{holm}.", "metrics.json"


@ANSWERS.register("robustness")
def _robustness(run: Artefacts) -> Answer | None:
    return (
        ("Asked again on pictures that were made worse in known ways.", "robustness.json") if run.robustness else None
    )


@ANSWERS.register("internal")
def _internal(run: Artefacts) -> Answer | None:
    return _of(run, [split for split in run.judged if not split.startswith("external:")])


@ANSWERS.register("external")
def _external(run: Artefacts) -> Answer | None:
    return _of(run, [split for split in run.judged if split.startswith("external:")])


@ANSWERS.register("performance")
def _performance(run: Artefacts) -> Answer | None:
    found = _of(run, run.judged)
    if found is None or not run.subgroups:
        return found
    return (
        f"{found[0]} Groups by {listing(run.subgroups.get('by') or [])} in subgroups.json.",
        f"{found[1]}, subgroups.json",
    )


@ANSWERS.register("diagnostic")
def _diagnostic(run: Artefacts) -> Answer | None:
    told = [
        f"{METRICS[metric][0]} {estimate_text(entry)}"
        for metric in ("sensitivity", "specificity", "precision")
        if (entry := run.estimate(run.main, metric))
    ]
    return (f"{split_name(run.main or '')}: {listing(told, length=120)}.", "metrics.json") if told else None


@ANSWERS.register("failures")
def _failures(run: Artefacts) -> Answer | None:
    rows = run.main_rows
    if run.several or not len(rows):
        return None
    wrong = int((rows["y_true"] != rows["y_pred"]).sum())
    return (
        f"{wrong} of {len(rows)} answers are wrong; each is listed, the surest first. Why is for the authors.",
        "report.html",
    )


@ANSWERS.register("limits")
def _limits(run: Artefacts) -> Answer | None:
    return f"By machine: {'; '.join(text.rstrip('.') for text in caveats(run))}.", "report.html, model_card.md"


@ANSWERS.register("clusters")
def _clusters(run: Artefacts) -> Answer | None:
    sites = run.loso.get("sites") or []
    return (f"{counted(len(sites), 'site')}, each left out in turn.", "loso.json") if sites else None


@ANSWERS.register("heterogeneity")
def _heterogeneity(run: Artefacts) -> Answer | None:
    values = [(item["auroc"]["value"], item["site"]) for item in run.loso.get("sites") or [] if item.get("auroc")]
    if not values:
        return None
    (low, worst), (high, best) = min(values), max(values)
    return f"AUROC as a new site from {decimal(low)} ({clip(worst)}) to {decimal(high)} ({clip(best)}).", "loso.json"


@ANSWERS.register("fairness")
def _fairness(run: Artefacts) -> Answer | None:
    columns = run.subgroups.get("by") or []
    return (f"Numbers by {listing(columns)}, with Holm's correction.", "subgroups.json") if columns else None


@ANSWERS.register("events")
def _events(run: Artefacts) -> Answer | None:
    rows = [
        f"{split_name(s)}: {listing([f'{clip(k, 30)} {v}' for k, v in run.counts(run.of_split(s)).items()])}"
        for s in run.judged
    ]
    return f"{'; '.join(rows)}.", "predictions.parquet"
