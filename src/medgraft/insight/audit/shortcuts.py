"""Shortcuts: classes that can be told by a cue that has nothing to do with the patient.

For each cue (``cues``) a small additive model is asked to tell the classes, on grouped folds, and its out-of-fold AUROC
gets an interval over patients. A cue is named where it tells a class with an AUROC of 0.7 or more and the interval,
widened for the number of cues and classes, stays above one half: then the main number may be the cue's, not the
model's. A cue that is not named may still help a network: this finds what simple models find.

Sources: Zech et al. 2018 (site and portable scanner), Winkler et al. 2019 (pen marks), DeGrave et al. 2021.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.folds import grouped_folds
from medgraft.insight.audit.check import CHECKS, Material
from medgraft.insight.audit.cues import CUES, CueMaterial
from medgraft.measure.intervals.delong import auroc_influence
from medgraft.measure.patients import Patients
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.models.logistic import LogisticPath, path_logits

__all__ = ["CueResult", "cue_scores", "shortcuts"]

_NAMED_FROM = 0.70
_LEVEL = 0.05
_BINS = 6
_STRENGTH = 0.3
_FOLDS = 5
_FEWEST = 20
_NORMAL = NormalDist()

CueResult = dict[str, Any]


@CHECKS.register("shortcuts")
def shortcuts(material: Material) -> dict[str, list[Any]]:
    """``shortcuts``: each cue that gives a class away, with its AUROC and interval."""
    asked, found = material.questions(), list[dict[str, Any]]()
    tests = len(CUES) * (len(asked) if len(asked) > 1 else len(asked[0][1]))
    for rows, names, truth in asked:
        if len(rows) < _FEWEST or len(np.unique(truth)) < 2:
            continue
        table = material.cohort.table.iloc[rows]
        groups = np.arange(len(rows)) if material.groups is None else material.groups[rows]
        pairs = zip(table["site"], table["site"].isna(), strict=True)
        sites = [None if unknown else str(name) for name, unknown in pairs]
        facts = [material.facts[case] for case in table["case_id"].astype(str)]
        cues = CueMaterial(sites, facts, None if material.grey is None else material.grey[rows])
        for name, cue in CUES.items():
            numbers = cue(cues)
            result = cue_scores(numbers, truth, groups, tests=tests) if numbers.shape[1] else None
            if result is not None and result["auroc"] >= _NAMED_FROM and result["floor"] > 0.5:
                best = result.pop("class")
                if material.cohort.multi_label:
                    found.append(_entry(name, names[1], result, f"the label {names[1]}"))
                else:
                    told = "the label" if len(names) == 2 else f"the class {names[best]}"
                    found.append(_entry(name, names[best], result, told))
    return {"shortcuts": sorted(found, key=lambda entry: -float(entry["auroc"]))}


def cue_scores(
    numbers: NDArray[np.float64], truth: NDArray[np.int64], groups: NDArray[np.int64], *, tests: int
) -> CueResult | None:
    """Out-of-fold AUROC of the class that the cue tells best: ``auroc low high floor class``.

    ``floor`` is the lower end at the 95 % level shared among ``tests``. ``None`` where there are too few groups.
    """
    units = min(len(np.unique(groups[truth == c])) for c in np.unique(truth))
    if units < 2:
        return None
    fold = grouped_folds(truth, groups, folds=min(_FOLDS, units), seed=0)
    classes = int(truth.max()) + 1
    chances = np.zeros((len(truth), classes))
    for number in np.unique(fold):
        held = fold == number
        design, other = _binned(numbers[~held], numbers[held])
        path = LogisticPath(design, truth[~held], classes, np.ones((1, int((~held).sum()))))
        _, parameters = next(path.solve([_STRENGTH], tolerance=1e-5))
        chances[held] = softmax(path_logits(parameters, other)[:, 0])
    patients = Patients.of(groups, len(truth))
    each = [auroc_influence(truth == c, chances[:, c], patients) for c in range(classes)]
    best = int(np.argmax([one.value for one in each]))
    value, (low, high) = each[best].value, each[best].interval()
    return {"auroc": value, "low": low, "high": high, "floor": _floor(value, low, tests), "class": best}


def _floor(value: float, low: float, tests: int) -> float:
    """The lower end of the interval, widened on the logit scale from 95 % to what ``tests`` tests share."""
    if not 0 < low < value < 1:
        return low
    wider = _NORMAL.inv_cdf(1 - _LEVEL / (2 * tests)) / _NORMAL.inv_cdf(1 - _LEVEL / 2)
    reach = (_logit(value) - _logit(low)) * wider
    return 1 / (1 + math.exp(reach - _logit(value)))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _binned(
    numbers: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each number as steps at its quantiles (so that any shape of dependence is seen), standardised; and of others."""
    designs: tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]] = ([], [])
    for column, other in zip(numbers.T, others.T, strict=True):
        edges = np.unique(np.quantile(column, np.linspace(0, 1, _BINS + 1)[1:-1]))
        for design, values in zip(designs, (column, other), strict=True):
            design.append((values[:, None] > edges).astype(np.float64))
            design.append((values[:, None] >= edges[:1]).astype(np.float64))  # where the lowest value is the rare one
    train, held = (np.concatenate(design, axis=1) for design in designs)
    mean, spread = train.mean(axis=0), train.std(axis=0)
    keep = spread > 0
    return (train[:, keep] - mean[keep]) / spread[keep], (held[:, keep] - mean[keep]) / spread[keep]


_WORDS = {
    "site": "the site",
    "size": "the size of the picture",
    "encoding": "how the picture was encoded",
    "border": "the edge of the picture",
    "corners": "the corners of the picture (markers?)",
    "writing": "burned-in writing or callipers",
}


def _entry(cue: str, label: str, result: CueResult, told: str) -> dict[str, Any]:
    """One entry of ``audit.json``; ``told``: what the cue gives away."""
    numbers = {key: round(float(result[key]), 4) for key in ("auroc", "low", "high")}
    text = (
        f"{_WORDS.get(cue, cue)} alone predicts {told} with an AUROC of {numbers['auroc']:.2f} "
        f"({numbers['low']:.2f} to {numbers['high']:.2f}): a model may have learnt that instead of the disease"
    )
    return {"cue": cue, "label": label, **numbers, "text": text[0].upper() + text[1:]}
