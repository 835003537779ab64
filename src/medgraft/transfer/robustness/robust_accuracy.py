"""How many cases a model answers rightly as they are, and under attack: plain arrays, one answer a case.

A case counts as right at an epsilon if it is answered rightly as it is and no attack found a picture within epsilon
that is not. That is an upper bound of the truth: a better attack may find more. What fools within a small ball fools
within a larger one, so that a case once fooled by an attack stays so at every larger epsilon of that attack.

Where an attack by answers alone (``square``) fools cases that no attack by gradients did, gradients mislead, and what
the latter say of robustness is not to be believed (Athalye, Carlini & Wagner 2018; Carlini et al. 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.robustness.attacks.attack import Attack, Batch, attacked
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.perturbation import Forward
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.seeding import batches

__all__ = ["RobustAccuracy", "Trial", "robust_accuracy"]


@dataclass(frozen=True)
class Trial:
    """What a model is put through. ``attacks`` by a name of one's own; ``epsilons`` in [0, 1], units of pixels."""

    attacks: Mapping[str, Attack]
    epsilons: Sequence[float]
    seed: int = 0
    batch_size: int = 64
    device: str = "cpu"


@dataclass(frozen=True)
class RobustAccuracy:
    """``clean`` (n,) bool: who is answered rightly as it is. ``epsilons``: rising. ``correct``: of each attack by name
    (epsilons, n) bool, who still is. ``black_box``: names of attacks that follow no gradient."""

    clean: NDArray[np.bool_]
    epsilons: tuple[float, ...]
    correct: dict[str, NDArray[np.bool_]]
    black_box: frozenset[str]

    def worst(self) -> NDArray[np.bool_]:
        """(epsilons, n): who is answered rightly whichever the attack."""
        return np.asarray(np.logical_and.reduce(list(self.correct.values())))

    def accuracy(self, name: str | None = None) -> NDArray[np.float64]:
        """(epsilons,) the share that is right under one attack, or under the worst of all for each case."""
        found = self.worst() if name is None else self.correct[name]
        return np.asarray(found.mean(axis=1), np.float64)

    def masked(self) -> NDArray[np.bool_]:
        """(epsilons, n): who is fooled by answers alone and by no gradient; many mean that gradients mislead."""
        none = np.zeros((len(self.epsilons), len(self.clean)), bool)
        fooled = {name: self.clean & ~found for name, found in self.correct.items()}
        blind = np.logical_or.reduce([found for name, found in fooled.items() if name in self.black_box] or [none])
        seeing = [found for name, found in fooled.items() if name not in self.black_box]
        return np.asarray(blind & ~np.logical_or.reduce(seeing), bool) if seeing else none


def robust_accuracy(model: Forward, cases: Examples, trial: Trial, progress: Progress | None = None) -> RobustAccuracy:
    """Put ``model`` (pixels in [0, 1] → logits, normalisation inside, on the trial's device) through a trial.

    ``cases`` feed pixels. Raises ``UsageError`` where there is no case, no attack or no epsilon, and what ``attacked``
    raises.
    """
    epsilons = tuple(sorted({float(value) for value in trial.epsilons}))
    if not len(cases) or not trial.attacks or not epsilons:
        raise UsageError(
            f"robust accuracy of {len(cases)} cases under {len(trial.attacks)} attacks at {len(epsilons)} epsilons: "
            "one of each is needed at least"
        )
    placement, n = Placement(trial.device), len(cases)
    clean = np.zeros(n, bool)
    correct = {name: np.zeros((len(epsilons), n), bool) for name in trial.attacks}
    parts = batches(np.arange(n), trial.batch_size)
    label = f"attacking {n} cases"
    for part in (progress or Progress()).track(parts, total=len(parts), label=label):
        (pixels,) = cases.batch(part)
        batch = Batch(placement.array(pixels), placement.vector(cases.labels[part]), cases.index[part])
        for name, attack in trial.attacks.items():
            clean[part], correct[name][:, part] = _survivors(attack, model, batch, epsilons, trial.seed)
    black_box = frozenset(name for name, attack in trial.attacks.items() if attack.black_box)
    return RobustAccuracy(clean, epsilons, correct, black_box)


def _survivors(
    attack: Attack, model: Forward, batch: Batch, epsilons: Sequence[float], seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who of a batch is right as it is (m,), and at each epsilon (epsilons, m)."""
    left, rows = np.ones(len(batch.index), bool), list[NDArray[np.bool_]]()
    clean = left
    for epsilon in epsilons:
        some = np.flatnonzero(left)
        if len(some):
            chosen = torch.from_numpy(some).to(batch.labels.device)
            part = Batch(batch.pixels[chosen], batch.labels[chosen], batch.index[some])
            found = attacked(attack, model, part, epsilon=epsilon, seed=seed)
            clean = clean if rows else found.clean.cpu().numpy()
            left[some] = found.right.cpu().numpy()
        rows.append(left.copy())
    return clean, np.stack(rows)
