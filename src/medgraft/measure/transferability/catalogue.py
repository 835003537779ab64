"""All built-in transferability scores: importing this registers them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from medgraft.measure.transferability.h_score import H_SCORE
from medgraft.measure.transferability.leep import LEEP
from medgraft.measure.transferability.logme import LOGME
from medgraft.measure.transferability.n_leep import N_LEEP
from medgraft.measure.transferability.score import TRANSFERABILITY, TransferScore

__all__ = ["BUILT_IN", "score_features"]

BUILT_IN: tuple[TransferScore, ...] = (H_SCORE, LEEP, LOGME, N_LEEP)


def score_features(features: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """Every registered score that takes features, by name, of ``features`` (n, d) and ``labels`` (n,) int.

    Raises ``UsageError`` and ``DataError`` as each score does.
    """
    return {name: score(features, labels) for name, score in TRANSFERABILITY.items() if score.takes == "features"}
