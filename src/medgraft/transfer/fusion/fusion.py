"""Late fusion: a logistic regression on what the image model says and what the table says.

The image counts by its log-odds, those of models that had not seen the case: with in-sample answers the image would
look better than it is and the table would be ignored. The image's columns are penalised a hundred times less than the
table's, because they are one answer that was learnt and judged before. Beside it stands a model of the table alone, so
that what each adds to the other can be told.

Sources: Wolpert 1992 (Stacked Generalization); Huang et al., npj Digital Medicine 2020;3:136 (fusion of imaging and
health records: late fusion asks least of the data and still answers where one side is missing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.data.clinical.table import ClinicalRows
from medgraft.transfer.fusion.encoding import TableEncoder
from medgraft.transfer.fusion.logit import LogitModel, fitted_logit

__all__ = ["FittedFusion", "Fusion", "FusionCases", "cross_validated", "fitted_fusion"]

Floats = NDArray[np.float64]
_TRUST = 10.0
"""The image's columns are stretched by it, so that their penalty is its square smaller."""
_SUREST = 1e-6


@dataclass(frozen=True)
class FusionCases:
    """Training cases that all have a row: ``rows`` of the table, ``image`` (repeats, n, classes): chances by image
    models that had not seen the case, ``labels`` (n,) indices, ``groups`` (n,): who is one patient."""

    rows: ClinicalRows
    image: Floats
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def take(self, keep: NDArray[np.bool_]) -> FusionCases:
        """Some of the cases."""
        return FusionCases(self.rows.take(keep), self.image[:, keep], self.labels[keep], self.groups[keep])


@dataclass(frozen=True)
class Fusion:
    """``table`` and ``both``: models on the encoded table, and on the image's evidence followed by it. ``mean`` and
    ``scale`` are those of the evidence in training."""

    encoder: TableEncoder
    table: LogitModel
    both: LogitModel
    mean: Floats
    scale: Floats

    def of_table(self, rows: ClinicalRows) -> Floats:
        """(n, classes) by the table alone."""
        return self.table.chances(self.encoder(rows))

    def of_both(self, image: Floats, rows: ClinicalRows) -> Floats:
        """(n, classes) from the image model's chances (n, classes) and the table."""
        return self.both.chances(np.hstack([self._stretched(image), self.encoder(rows)]))

    def _stretched(self, image: Floats) -> Floats:
        return (evidence(image) - self.mean) / self.scale * _TRUST

    def slopes(self) -> list[dict[str, Any]]:
        """Of two classes: log-odds for one spread more (half of the cases, for a group), with the image and without."""
        stretch = np.concatenate([np.full(len(self.mean), _TRUST), np.ones(len(self.encoder.names))])
        both = self.both.parameters[0, :-1] * stretch
        table = [None] * len(self.mean) + self.table.parameters[0, :-1].tolist()
        names = [*["image"] * len(self.mean), *self.encoder.names]
        return [
            {"column": name, "both": float(one), "table": other}
            for name, one, other in zip(names, both, table, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data: no row of anybody."""
        return {
            "encoder": self.encoder.to_json(),
            "table": self.table.to_json(),
            "both": self.both.to_json(),
            "image": {"mean": self.mean.tolist(), "scale": self.scale.tolist()},
        }

    @classmethod
    def restore(cls, content: Mapping[str, Any]) -> Self:
        """From what ``to_json`` gave. Raises ``KeyError`` or ``TypeError`` where something is missing."""
        return cls(
            TableEncoder.restore(content["encoder"]),
            LogitModel.restore(content["table"]),
            LogitModel.restore(content["both"]),
            np.asarray(content["image"]["mean"], dtype=np.float64),
            np.asarray(content["image"]["scale"], dtype=np.float64),
        )


@dataclass(frozen=True)
class FittedFusion:
    """With the out-of-fold chances (n, classes) of the training cases by ``table`` and ``both``, where folds could be
    made: what thresholds are chosen on."""

    fusion: Fusion
    held_out: dict[str, Floats]


def evidence(chances: Floats) -> Floats:
    """Log-odds (n, 1) of two classes, centred logarithms (n, classes) of more."""
    logs = np.log(np.clip(chances, _SUREST, None))
    return logs[:, 1:] - logs[:, :1] if chances.shape[1] == 2 else logs - logs.mean(axis=1, keepdims=True)


def fitted_fusion(cases: FusionCases, n_classes: int, *, seed: int = 0) -> FittedFusion:
    """Both models from the same cases. Every repeat of the image's answers is a row, all of one case count as one."""
    repeats, count = cases.image.shape[:2]
    encoder = TableEncoder.of(cases.rows, cases.groups)
    encoded = encoder(cases.rows)
    table, table_out = fitted_logit(encoded, cases.labels, cases.groups, n_classes, seed=seed)
    seen = evidence(cases.image.reshape(repeats * count, -1))
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    design = np.hstack([(seen - mean) / scale * _TRUST, np.tile(encoded, (repeats, 1))])
    labels, groups = np.tile(cases.labels, repeats), np.tile(cases.groups, repeats)
    weights = np.full(repeats * count, 1 / repeats)
    both, both_out = fitted_logit(design, labels, groups, n_classes, weights=weights, seed=seed)
    held_out = {}
    if table_out is not None and both_out is not None:
        held_out = {"table": table_out, "both": both_out.reshape(repeats, count, -1).mean(axis=0)}
    return FittedFusion(Fusion(encoder, table, both, mean, scale), held_out)


def cross_validated(cases: FusionCases, fold: NDArray[np.int64], n_classes: int, *, seed: int = 0) -> dict[str, Floats]:
    """(repeats, n, classes) by ``table`` and ``both``, each case answered by models fitted without its fold.

    ``fold`` (repeats, n): those in which the image's answers were made. The fusion never sees a held-out case; the
    image models behind the *other* folds' evidence have, which moves one slope a little and nothing else.
    """
    found = {name: np.zeros((*fold.shape, n_classes)) for name in ("table", "both")}
    for repeat, numbers in enumerate(fold):
        own = FusionCases(cases.rows, cases.image[repeat : repeat + 1], cases.labels, cases.groups)
        for number in np.unique(numbers):
            held = numbers == number
            if len(np.unique(own.labels[~held])) < n_classes:
                return {}
            fusion = fitted_fusion(own.take(~held), n_classes, seed=seed).fusion
            found["table"][repeat, held] = fusion.of_table(own.rows.take(held))
            found["both"][repeat, held] = fusion.of_both(own.image[0, held], own.rows.take(held))
    return found
