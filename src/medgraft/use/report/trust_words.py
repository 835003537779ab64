"""``trust.json`` in sentences: what the gate, the sets, the probabilities and the cuts are worth on one part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.wording import clip, count, counted, decimal, percent, split_name

__all__ = ["recalibration_sentences", "trust_sentences"]

_KINDS = {
    "none": "Mending the probabilities was tried and would not have helped beyond chance: they are the model’s own",
    "temperature": "The probabilities are made bolder or more timid by one number (temperature scaling)",
    "isotonic": "The probabilities are mended by the best rising curve (isotonic regression)",
}


def trust_sentences(learnt: Mapping[str, Any], part: str, entry: Mapping[str, Any]) -> list[str]:
    """Of the ``entry`` of one ``part``; ``learnt``: what was made, and of what."""
    told = [_gate(learnt.get("gate") or {}, part, entry.get("gate"))]
    told += [_sets(entry.get("sets")), _probabilities(learnt, entry.get("calibration"))]
    told += [_selective(entry.get("selective")), _costs(entry.get("costs")), _decision(entry.get("decision"))]
    return [sentence for sentence in told if sentence]


def _limits(estimate: Mapping[str, Any]) -> str:
    return f"{percent(estimate['value'])} ({percent(estimate['low'])} to {percent(estimate['high'])})"


def _gate(learnt: Mapping[str, Any], part: str, found: Mapping[str, Any] | None) -> str:
    if learnt and not learnt.get("detectors"):
        return (
            f"Nothing is refused: {counted(learnt.get('patients'), 'patient')} to learn from are too few to tell a "
            "picture of another kind. Any picture gets an answer, also one that is none of a patient."
        )
    if not found:
        return ""
    tuned = " The gate judges the features of the trained network." if learnt.get("features") == "tuned" else ""
    return (
        f"{split_name(part)}: {_limits(found['refused'])} of {counted(found['refused']['n'], 'case')} were refused as "
        f"not like the training pictures. Such a case gets no label.{tuned}"
    )


def _sets(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    bands = [item["band"] for item in found["by_bound"]]
    band = f"; chance allows {percent(bands[0][0])} to {percent(bands[0][1])}" if len(bands) == 1 else ""
    return (
        f"Sets of labels are to hold the truth in {percent(1 - found['alpha'], 0)} of cases, and did in "
        f"{_limits(found['coverage'])}{band}. {percent(found['single']['value'])} of the cases have one label in their "
        f"set, {percent(found['empty']['value'])} none; on average {decimal(found['mean_size'], 2)}."
    )


def _probabilities(learnt: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    chosen = learnt.get("calibrator")
    if chosen:
        made = f"{_KINDS.get(chosen['chosen'], clip(chosen['chosen'], 40))}. "
    elif learnt.get("learnt_from"):
        made = "The probabilities are the model’s own: there are too few errors to mend them by. "
    else:
        made = ""
    verdict = "more than chance" if found["beyond_chance"] else "no more than chance"
    return (
        f"{made}Calibration error {decimal(found['ece'])}: {verdict}, because on these cases a perfectly calibrated "
        f"model would show {decimal(found['null_low'])} to {decimal(found['null_high'])}; free of chance’s part it is "
        f"{decimal(found['debiased'])}."
    )


def _selective(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    half = next((place for place, share in enumerate(found["coverage"]) if share >= 0.5), 0)
    return (
        f"Among the surest {percent(found['coverage'][half], 0)} of the cases {percent(found['risk'][half])} of the "
        f"answers are wrong, among all {percent(found['risk'][-1])}."
    )


def _costs(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    one = found["expected"]
    places = {"val": "the validation cases", "cv": "cross-validation"}
    chosen = places.get(str(one.get("threshold_from")), "other cases")
    return (
        f"A miss is said to cost {found['miss']:g} and a false alarm {found['false_alarm']:g}: the cut "
        f"{decimal(one.get('threshold'))} was the cheapest in {chosen}, and labels are called at it. Here a case costs "
        f"{decimal(one['value'])} ({decimal(one['low'])} to {decimal(one['high'])}) on average at a prevalence of "
        f"{percent(found['prevalence'])}; calling everybody would cost {decimal(found['everybody'])}, nobody "
        f"{decimal(found['nobody'])}."
    )


def _decision(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    where = [
        at for at, low in zip(found["thresholds"], found["gain"]["low"], strict=True) if low is not None and low > 0
    ]
    at = f"at a prevalence of {percent(found['prevalence'])}"
    if not where:
        return f"At no threshold is acting on the model surely better than treating everybody or nobody, {at}."
    return (
        f"Acting on the model is surely better than treating everybody or nobody {at} for who would act from a "
        f"probability between {percent(where[0], 0)} and {percent(where[-1], 0)}."
    )


def recalibration_sentences(found: Mapping[str, Any] | None) -> list[str]:
    """What bringing the probabilities to a new site did; none where it was not asked for."""
    if not found:
        return []
    source = (
        f"{counted(found['cases'], 'case')} of {counted(found['patients'], 'patient')}"
        if found["from"] == "labels"
        else f"a prevalence of {percent(found['prevalence'])}"
    )
    brier, errors = found["brier"], found["calibration"]
    change = brier["difference"]
    verdict = "better" if change["high"] < 0 else "worse" if change["low"] > 0 else "no difference beyond chance"
    told = (
        f"Recalibrated by {source}, judged on {count(change['n'])} others: Brier score {decimal(brier['before'])} "
        f"before, {decimal(brier['after'])} after, a change of {decimal(change['value'])} "
        f"({decimal(change['low'])} to {decimal(change['high'])}): {verdict}. Calibration error "
        f"{decimal(errors['before']['ece'])} before, {decimal(errors['after']['ece'])} after."
    )
    return [told]
