"""The summary: how good, on whom, compared with what, in plain sentences, and what that does not mean.

Every number comes from ``metrics.json``; nothing is computed here but comparisons of what stands there.
"""

from __future__ import annotations

from dataclasses import dataclass

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip, counted, decimal, estimate_text, listing, percent, split_name

__all__ = ["Summary", "caveats", "data_caveats", "summarise"]

_WIDE = 0.10
_FEW_CASES = 30
_FEW_PATIENTS = 50


@dataclass(frozen=True)
class Summary:
    """``headline`` is one sentence; ``sentences`` follow it; ``caveats`` say what it does not mean."""

    headline: str
    sentences: list[str]
    caveats: list[str]


def summarise(run: Artefacts) -> Summary:
    """The summary of the run's main split."""
    if run.main is None:
        return Summary("This run has no evaluated cases, so nothing can be said about quality.", [], caveats(run))
    return Summary(_headline(run, run.main), _sentences(run, run.main), caveats(run))


def _whom(run: Artefacts, split: str) -> str:
    """``156 test cases of 80 patients``."""
    entry = run.estimate(split, "auroc") or run.estimate(split, "accuracy") or {}
    kind = {"test": "test case", "cv": "cross-validated case", "val": "validation case"}.get(split, "case")
    where = f" from {split_name(split).removeprefix('External: ')}" if split.startswith("external:") else ""
    patients = entry.get("n_patients")
    of = f" of {counted(patients, 'patient')}" if patients is not None else " (patients unknown)"
    return f"{counted(entry.get('n'), kind)}{of}{where}"


def _headline(run: Artefacts, split: str) -> str:
    """How good, on whom, compared with what: one sentence."""
    if run.binary:
        other = next(label for label in run.labels if label != run.shown)
        subject = f"tells “{listing([run.shown])}” from “{listing([other])}”"
    elif run.several:
        subject = (
            f"looks for {counted(len(run.labels), 'label')} ({listing(run.labels, most=5, length=30)}), on average"
        )
    else:
        subject = f"tells {len(run.labels)} classes apart ({listing(run.labels, most=5, length=30)})"
    good = []
    if auroc := run.estimate(split, "auroc"):
        good.append(f"an AUROC of {estimate_text(auroc)}")
    if accuracy := run.estimate(split, "accuracy"):
        good.append(f"an accuracy of {estimate_text(accuracy)}")
    measured = " and ".join(good) or "no known quality"
    text = f"On {_whom(run, split)} the model {subject} with {measured}"
    if majority := run.estimate(split, "majority_accuracy"):
        always = "what is commoner for each" if run.several else "the commonest class"
        text += f"; always answering {always} would reach {decimal(majority.get('value'))}"
    return text + "."


def _sentences(run: Artefacts, split: str) -> list[str]:
    """Where the cases come from, the working point, and how the other estimates agree."""
    text = []
    if split in ("test", "test_without_near_duplicates"):
        text.append("The test cases took no part in training, in choosing settings or in choosing the threshold.")
    elif split == "cv":
        text.append("There is no test set: each case was predicted by a model that had not seen its group.")
    elif split == "val":
        text.append("There is no test set: these cases also chose settings, so the numbers are optimistic.")
    sensitivity, specificity = run.estimate(split, "sensitivity"), run.estimate(split, "specificity")
    if run.binary and sensitivity and specificity:
        threshold = sensitivity.get("threshold", run.calibration.get("threshold"))
        source = sensitivity.get("threshold_from") or run.calibration.get("threshold_from")
        at = f" at the threshold {decimal(threshold)}" if threshold is not None else ""
        chosen = {
            "val": ", chosen on the validation cases",
            "cv": ", chosen by cross-validation",
            "target": ", chosen on the target's labelled cases",
            "source": ", chosen on the source's cases as the adapted model reads them",
        }
        text.append(
            f"It finds {percent(sensitivity.get('value'), 0)} of the “{listing([run.shown])}” cases and leaves "
            f"{percent(specificity.get('value'), 0)} of the others alone{at}{chosen.get(str(source), '')}."
        )
    for name in run.splits:
        auroc = run.estimate(name, "auroc")
        if auroc and name != split and (name == "cv" or name.startswith("external:")):
            text.append(f"{split_name(name)} ({counted(auroc.get('n'), 'case')}): AUROC {estimate_text(auroc)}.")
    return text


def caveats(run: Artefacts) -> list[str]:
    """What the numbers do not mean, the gravest first."""
    return [*data_caveats(run), *_number_caveats(run), *_reach_caveats(run)]


def data_caveats(run: Artefacts) -> list[str]:
    """Faults of the data that make the numbers something else than they seem."""
    text = []
    if run.synthetic:
        text.append("The cohort is synthetic: the numbers show that the software works, and nothing about patients.")
    if run.split.get("leaking"):
        text.append(
            "Leaking split: patients or duplicates stand on both sides, as was asked for. Every number is too good."
        )
    if not run.patients_known:
        text.append(
            "Patients are unknown for some or all cases: pictures of one patient may stand on both sides of the "
            "split, and the intervals may be too narrow."
        )
    if str((run.model.get("backbone") or {}).get("checksum", "")).startswith("random"):
        text.append("The backbone has random weights: no knowledge was transferred.")
    if (run.model.get("backbone") or {}).get("descriptors"):
        text.append("The features are hand-crafted: no knowledge was transferred. It is what transfer has to beat.")
    warned = run.metrics.get("_meta", {}).get("warnings") or []
    return text + [str(item) for item in warned]


def _number_caveats(run: Artefacts) -> list[str]:
    """What intervals and counts say about how far the numbers carry."""
    text = []
    auroc, accuracy = run.estimate(run.main, "auroc"), run.estimate(run.main, "accuracy")
    majority = run.estimate(run.main, "majority_accuracy")
    if auroc and auroc.get("low") is not None and auroc.get("high") is not None:
        if auroc["low"] <= 0.5:
            text.append("The interval of the AUROC holds 0.5: it is not shown that the model beats guessing.")
        elif auroc["high"] - auroc["low"] > _WIDE:
            text.append(
                f"The interval is wide: with these cases the AUROC may as well be {decimal(auroc['low'], 2)} as "
                f"{decimal(auroc['high'], 2)}."
            )
    low, base = (accuracy or {}).get("low"), (majority or {}).get("value")
    if low is not None and base is not None and low <= base:
        answer = "what is commoner for each label" if run.several else "the commonest class"
        text.append(f"The accuracy cannot be told from that of always answering {answer}.")
    rows = run.of_split(run.main)
    sizes = run.counts(rows)
    few = [f"{clip(label, 30)} ({sizes[label]})" for label in run.labels if sizes[label] < _FEW_CASES]
    if few and len(rows):
        text.append(f"Few evaluated cases: {listing(few)}. One case more or less moves the numbers.")
    patients = (auroc or accuracy or {}).get("n_patients")
    if patients is not None and patients < _FEW_PATIENTS:
        text.append(f"Only {counted(patients, 'patient')} stand behind the result.")
    return text


def _reach_caveats(run: Artefacts) -> list[str]:
    """Where and for whom nothing was measured."""
    text = []
    if not any(name.startswith("external:") for name in run.splits):
        sites = run.cohort["site"].nunique()
        where = f"the same {counted(sites, 'site')}" if sites else "the same source"
        text.append(
            f"All cases come from {where}. Another scanner, hospital or population may give other "
            "numbers: measure there with “medgraft evaluate”."
        )
    text.append(
        "The mix of classes is that of this cohort; where a finding is rarer, more of the positive answers are wrong."
    )
    return text
