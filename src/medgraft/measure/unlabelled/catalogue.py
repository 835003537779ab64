"""All built-in scores without target labels: importing this registers them."""

from __future__ import annotations

from medgraft.measure.unlabelled.dev import DEV
from medgraft.measure.unlabelled.entropy import ENTROPY
from medgraft.measure.unlabelled.infomax import INFOMAX
from medgraft.measure.unlabelled.iwcv import IWCV
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore
from medgraft.measure.unlabelled.snd import SND
from medgraft.measure.unlabelled.source_validation import SOURCE_VALIDATION

__all__ = ["BUILT_IN", "score_model"]

BUILT_IN: tuple[UnlabelledScore, ...] = (SOURCE_VALIDATION, IWCV, DEV, SND, ENTROPY, INFOMAX)


def score_model(evidence: ModelEvidence) -> dict[str, float]:
    """Every registered score that the evidence serves, by name: without features, those that need none."""
    plain = evidence.train_features is None
    return {name: score(evidence) for name, score in UNLABELLED.items() if not (plain and score.needs == "features")}
