"""``compare``: two runs on the same cases. Is one better, by more than chance?

Cases are joined by their id, a keyed hash that agrees between the runs of one house. The verdict is that of the paired
difference in AUROC (of accuracy where AUROC has none): an interval that excludes 0 is a difference. Accuracy and
McNemar's test stand beside. "No difference seen" is not "equal": the interval says how large a difference may be
hidden.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import ArtifactError, CohortError, UsageError
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.tables import read_table
from medgraft.files import read_json
from medgraft.measure.mcnemar import McNemar, mcnemar
from medgraft.measure.paired import Difference, accuracy_difference, auroc_difference
from medgraft.measure.threshold import predicted_class
from medgraft.registry import nearest

__all__ = ["PairedAnswers", "RunComparison", "Verdict", "compare", "decided"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Verdict = Literal["no difference seen", "the first is better", "the second is better"]
_NOT_COMPARED = {
    "train": "on training cases the better memory wins, not the better model",
    "loso": "its answers are of one model a site, whose scores are not on one scale",
}


@dataclass(frozen=True)
class PairedAnswers:
    """Two sets of answers to the same cases: class indices ``truth`` (n,) and ``called`` (n,) each, ``probability``
    (n, k) each; ``groups`` (n,): patient numbers, ``None`` where unknown."""

    truth: Codes
    probability: tuple[Floats, Floats]
    called: tuple[Codes, Codes]
    positive: int | None
    groups: NDArray[np.int64] | None

    def auroc(self, seed: int) -> Difference | None:
        """First less second; ``None`` where the cases are of one class."""
        if len(np.unique(self.truth)) < 2:
            return None
        return auroc_difference(self.truth, *self.probability, positive=self.positive, groups=self.groups, seed=seed)

    def accuracy(self, seed: int) -> Difference:
        """First less second."""
        return accuracy_difference(self.truth, *self.called, groups=self.groups, seed=seed)

    def mcnemar(self) -> McNemar:
        """Of the calls."""
        first, second = (called == self.truth for called in self.called)
        return mcnemar(first, second, groups=self.groups)


def decided(auroc: Difference | None, accuracy: Difference) -> tuple[str, Difference, Verdict]:
    """The metric that decides (AUROC, where it has an interval), its difference, and what that says."""
    ranked = auroc is not None and math.isfinite(auroc.low)
    name, found = ("AUROC", auroc) if auroc is not None and ranked else ("accuracy", accuracy)
    if found.low > 0:
        return name, found, "the first is better"
    return name, found, "the second is better" if found.high < 0 else "no difference seen"


@dataclass(frozen=True)
class RunComparison:
    """See ``docs/interfaces.md``. ``left_out``: cases that only one of the runs has; differences are first − second."""

    first: str
    second: str
    split: str
    n: int
    n_patients: int | None
    left_out: dict[str, int]
    auroc: dict[str, Any] | None
    accuracy: dict[str, Any]
    mcnemar: dict[str, Any]
    verdict: Verdict
    sentence: str
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class _Answers:
    """What one run said: ``table`` by case id with ``truth``, ``called``, ``patient`` and one ``p_<label>`` a class."""

    run: Path
    labels: tuple[str, ...]
    positive: str | None
    leaking: bool
    table: pd.DataFrame

    @property
    def name(self) -> str:
        return self.run.resolve().name


def compare(
    first: str | Path, second: str | Path, *, split: str = "test", common: bool = False, seed: int = 0
) -> RunComparison:
    """Two run folders on the cases of ``split`` (test, cv, val, external:NAME).

    ``common``: where the cases differ, on those that both have. Raises ``CohortError`` for other classes, labels or
    cases, ``UsageError`` for a split that is not there, ``ArtifactError`` for what is no run.
    """
    one, other = _read(Path(first), split), _read(Path(second), split)
    if set(one.labels) != set(other.labels):
        raise CohortError(
            f"comparing: the classes of {first} are {', '.join(one.labels)}, those of {second} "
            f"{', '.join(other.labels)}; runs of the same question are needed"
        )
    cases = _joined(one, other, split, common)
    pair = _paired(one, other, cases)
    auroc, accuracy = pair.auroc(seed), pair.accuracy(seed)
    name, found, verdict = decided(auroc, accuracy)
    left_out = {"first": len(one.table) - len(cases), "second": len(other.table) - len(cases)}
    return RunComparison(
        first=str(first),
        second=str(second),
        split=split,
        n=len(cases),
        n_patients=found.n_patients,
        left_out=left_out,
        auroc=None if auroc is None else _plain(auroc),
        accuracy=_plain(accuracy),
        mcnemar=_plain(pair.mcnemar()),
        verdict=verdict,
        sentence=_sentence(name, found, verdict, (one.name, other.name)),
        warnings=_warnings(one, other, left_out),
    )


def _read(run: Path, split: str) -> _Answers:
    if not (run / "metrics.json").is_file():
        raise ArtifactError(f"comparing {run}: it holds no metrics.json; give the folder of a run that fit finished")
    metrics, rows = read_json(run / "metrics.json"), read_table(run / "predictions.parquet")
    meta = metrics.get("_meta", {})
    if meta.get("task") == "multi-label":
        raise UsageError(
            f"comparing {run}: runs are compared by one label a case, and here each has several; fit for one of them "
            "with --label-col, or compare the intervals of the labels in both reports"
        )
    if split in _NOT_COMPARED:
        raise UsageError(f"--split {split}: {_NOT_COMPARED[split]}; take test, cv, val or external:NAME")
    there = [str(name) for name in rows["split"].unique() if name not in _NOT_COMPARED]
    if split not in there:
        raise UsageError(f"--split {split}: {run} has no such cases{nearest(split, there)}; it has {', '.join(there)}")
    labels = tuple(str(label) for label in meta.get("labels", ()))
    columns = [f"p_{label}" for label in labels]
    needed = {*columns, "case_id", "patient_id", "y_true", "y_pred"}
    if len(labels) < 2 or not needed <= set(rows.columns):
        raise ArtifactError(f"comparing {run}: its metrics.json and predictions.parquet do not fit together; fit again")
    positive = meta.get("positive_label")
    threshold = metrics.get(split, {}).get("accuracy", {}).get("threshold")
    table = _one_a_case(rows[rows["split"] == split], labels, positive, threshold)
    return _Answers(run, labels, positive, meta.get("stamp") is not None, table)


def _one_a_case(
    rows: pd.DataFrame, labels: tuple[str, ...], positive: str | None, threshold: float | None
) -> pd.DataFrame:
    """One row a case: of repeated cross-validation the mean probability, and what is called by it."""
    cases = rows.groupby("case_id", sort=False)
    table = cases[[f"p_{label}" for label in labels]].mean()
    table["truth"], table["patient"] = cases["y_true"].first(), cases["patient_id"].first()
    if len(table) == len(rows):
        table["called"] = cases["y_pred"].first()
        return table
    place = None if positive is None else labels.index(positive)
    called = predicted_class(table[[f"p_{label}" for label in labels]].to_numpy(), threshold, place)
    table["called"] = np.array(labels, dtype=object)[called]
    return table


def _joined(one: _Answers, other: _Answers, split: str, common: bool) -> pd.Index:
    """Ids of the cases that both have, in the order of the first."""
    shared = one.table.index[one.table.index.isin(other.table.index)]
    counts = f"{one.run} has {len(one.table)} cases in {split}, {other.run} {len(other.table)}"
    if not len(shared):
        raise CohortError(
            f"comparing: {counts}, and none in common. Ids of cases agree between runs of one house on the same files: "
            "fit both there, with the same data, --seed and split"
        )
    if len(shared) < max(len(one.table), len(other.table)) and not common:
        raise CohortError(
            f"comparing: {counts}, and {len(shared)} in common. Fit both with the same data, --seed and split, or "
            "compare on the common ones with --common"
        )
    differ = int((one.table.loc[shared, "truth"] != other.table.loc[shared, "truth"]).sum())
    if differ:
        raise CohortError(
            f"comparing: {differ} of {len(shared)} common cases have another label in {other.run} than in {one.run}; "
            "fit both with the same labels"
        )
    return shared


def _paired(one: _Answers, other: _Answers, cases: pd.Index) -> PairedAnswers:
    left, right = one.table.loc[cases], other.table.loc[cases]
    place = {label: number for number, label in enumerate(one.labels)}
    columns = [f"p_{label}" for label in one.labels]
    truth, first, second = (
        np.array([place[str(name)] for name in names], dtype=np.intp)
        for names in (left["truth"], left["called"], right["called"])
    )
    return PairedAnswers(
        truth=truth,
        probability=(left[columns].to_numpy(dtype=np.float64), right[columns].to_numpy(dtype=np.float64)),
        called=(first, second),
        positive=None if one.positive is None else place[one.positive],
        groups=patient_numbers(left["patient"].where(left["patient"].notna(), right["patient"])),
    )


def _plain(found: Difference | McNemar) -> dict[str, Any]:
    """Plain data; what is not defined is ``None``."""
    undefined = (name for name, value in vars(found).items() if isinstance(value, float) and not math.isfinite(value))
    return {**vars(found), **dict.fromkeys(undefined)}


def _sentence(metric: str, found: Difference, verdict: Verdict, names: tuple[str, str]) -> str:
    """``no difference seen: AUROC 0.930 against 0.920, difference +0.010 (−0.020 to +0.040)``."""
    told: str = verdict
    if names[0] != names[1]:
        told = told.replace("the first", names[0]).replace("the second", names[1])
    gap, low, high = (f"{value:+.3f}".replace("-", "−") for value in (found.difference, found.low, found.high))
    return f"{told}: {metric} {found.first:.3f} against {found.second:.3f}, difference {gap} ({low} to {high})"


def _warnings(one: _Answers, other: _Answers, left_out: dict[str, int]) -> list[str]:
    """What to know before trusting the verdict."""
    told = [f"{run.name}: leaking split" for run in (one, other) if run.leaking]
    if any(left_out.values()):
        told.append(
            f"left out: {left_out['first']} cases that only {one.name} has, {left_out['second']} that only "
            f"{other.name} has"
        )
    if bool(one.table["patient"].isna().any()) and bool(other.table["patient"].isna().any()):
        told.append("patients are not known of all cases: several cases of one would make the interval too narrow")
    return told
