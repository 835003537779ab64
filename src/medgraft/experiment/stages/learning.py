"""Stage: would more labels help, or a better model? Writes ``learning_curve.json``."""

from __future__ import annotations

from typing import Any

from medgraft.errors import DataError
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.measure.learning_curve import fit_learning_curve, labels_or_model
from medgraft.transfer.selection.learning import learning_points
from medgraft.transfer.strategies.crossvalidation import CV_LIMIT
from medgraft.transfer.strategies.linear_probe import LinearProbe
from medgraft.transfer.strategies.strategy import STRATEGIES, Strategy

__all__ = ["learning_stage"]


def learning_stage(work: Workspace) -> None:
    """Of the strategy on the features that were there before any training; where it trains a network, of the linear
    probe on them. Must run before new weights are put into the workspace."""
    material = material_of(work)
    if len(material.labels) >= CV_LIMIT:
        work.progress.notice(f"no learning curve: it is for fewer than {CV_LIMIT} cases")
        return
    kind = str(work.config.strategy["kind"])
    probed = STRATEGIES.get(kind).needs_network
    settings: dict[str, Any] = {} if probed else dict(work.config.strategy)
    member = LinearProbe if probed else STRATEGIES.get(kind)

    def make() -> Strategy:
        return member(member.Config(**{**settings, "kind": member.name, "repeats": 0}))

    points = learning_points(material, make)
    try:
        curve = None if points is None else fit_learning_curve(points.n, points.score, points.variance)
    except DataError:
        curve = None
    if points is None or curve is None:
        work.progress.notice("no learning curve: a class has too few patients")
        return
    advice = labels_or_model(curve)
    ahead = [*points.n.tolist(), 2 * curve.largest, 4 * curve.largest]
    write_json(
        work.run / "learning_curve.json",
        {
            "strategy": member.name,
            "points": [
                {"n": round(float(n), 1), "auroc": float(score), "variance": float(variance)}
                for n, score, variance in zip(points.n, points.score, points.variance, strict=True)
            ],
            "curve": [
                {"n": round(at.n, 1), "value": at.score, "low": at.low, "high": at.high} for at in map(curve.at, ahead)
            ],
            "gain_of_doubling": {"value": advice.gain, "low": advice.low, "high": advice.high},
            "answer": advice.answer,
            "words": advice.words,
        },
    )
