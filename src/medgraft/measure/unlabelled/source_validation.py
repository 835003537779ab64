"""Source validation: accuracy on source cases that the model has not learnt from. Right where nothing has shifted."""

from __future__ import annotations

from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["SOURCE_VALIDATION"]


def _source_validation(evidence: ModelEvidence) -> float:
    """In [0, 1]."""
    return float(evidence.answers.correct.mean())


SOURCE_VALIDATION = UnlabelledScore(
    name="source-validation",
    summary="accuracy on source cases that the model has not learnt from",
    needs="source answers",
    compute=_source_validation,
)
UNLABELLED.register(SOURCE_VALIDATION.name)(SOURCE_VALIDATION)
