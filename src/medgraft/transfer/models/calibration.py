"""How probabilities become answers: the calibrator, the cut, and the sets, with where each was learnt.

Each is made from cases that the model has not learnt from and never from test cases; all of them are about the *mended*
probabilities, those that ``Bundle.answers`` gives. ``calibration.json`` holds it; what an older one does not say is not
there: then probabilities stay as they are, and there are no sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.calibrating.chain import CalibrationChain
from medgraft.measure.conformal.split import ConformalSets
from medgraft.measure.operating.costs import Costs

__all__ = ["Calibration", "DemandedCut"]


@dataclass(frozen=True)
class DemandedCut:
    """The ``threshold`` at which a new case of the side in question is on the right side with the chance ``least``;
    ``of``: sensitivity or specificity; ``origin``: where it was chosen (val, cv)."""

    of: Literal["sensitivity", "specificity"]
    least: float
    threshold: float
    origin: str

    @classmethod
    def restore(cls, content: Mapping[str, Any]) -> DemandedCut:
        """From ``vars``. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what does not fit."""
        of: Literal["sensitivity", "specificity"] = "sensitivity" if content["of"] == "sensitivity" else "specificity"
        return cls(of, float(content["least"]), float(content["threshold"]), str(content["origin"]))


@dataclass(frozen=True)
class Calibration:
    """``threshold`` is the cut of a binary task and where it was chosen; ``demanded``: further cuts; ``costs`` of
    errors where the cut is the cheapest for them. ``chain`` mends probabilities, ``sets`` turns them into sets of
    classes; ``learnt_from`` (val, cv) says where both come from. Where a case has several labels, ``per_label`` has all
    this for each, of the classes no and yes."""

    threshold: float | None = None
    threshold_from: str | None = None
    per_label: Mapping[str, Calibration] = field(default_factory=dict)
    chain: CalibrationChain = field(default_factory=CalibrationChain)
    sets: ConformalSets | None = None
    learnt_from: str | None = None
    demanded: tuple[DemandedCut, ...] = ()
    costs: Costs | None = None

    @property
    def kind(self) -> str:
        """The calibrators in the order in which they work, as ``temperature``; ``none`` where nothing is mended."""
        return "+".join(one.kind for one in self.chain.maps if one.kind != "none") or "none"

    def mended(self, probability: NDArray[np.float64], labels: Sequence[str] = ()) -> NDArray[np.float64]:
        """(n, k) of what a head says; ``labels`` where each of the k is a task of its own."""
        if labels:
            each = [self.per_label.get(name, Calibration()) for name in labels]
            return np.stack([one._yes(probability[:, place]) for place, one in enumerate(each)], axis=1)
        return self.chain(probability) if self.chain.maps else probability

    def _yes(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) of one label."""
        return self.chain(np.stack([1 - chance, chance], axis=1))[:, 1] if self.chain.maps else chance

    def members(self, mended: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """(n, k): the class is in the case's set; ``None`` where there are no sets."""
        return None if self.sets is None else self.sets(mended)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Calibration:
        """From ``calibration.json``. Raises ``ArtifactError`` for parts that do not fit."""
        inner = {label: cls.of(one) for label, one in content.get("per_label", {}).items()}
        sets = content.get("sets")
        return cls(
            content["threshold"],
            content["threshold_from"],
            inner,
            CalibrationChain.of(content.get("calibrator", {})),
            None if sets is None else ConformalSets.of(sets),
            content.get("learnt_from"),
            tuple(DemandedCut.restore(one) for one in content.get("demanded", [])),
            None if content.get("costs") is None else Costs(**content["costs"]),
        )

    def to_json(self) -> dict[str, Any]:
        """For ``calibration.json``; what there is not, is not said."""
        content: dict[str, Any] = {
            "kind": self.kind,
            "threshold": self.threshold,
            "threshold_from": self.threshold_from,
        }
        if self.chain.maps:
            content["calibrator"] = self.chain.to_dict()
        if self.sets is not None:
            content["sets"] = self.sets.to_dict()
        if self.learnt_from is not None:
            content["learnt_from"] = self.learnt_from
        if self.demanded:
            content["demanded"] = [dict(vars(one)) for one in self.demanded]
        if self.costs is not None:
            content["costs"] = dict(vars(self.costs))
        inner = {label: one.to_json() for label, one in self.per_label.items()}
        return {**content, "per_label": inner} if inner else content
