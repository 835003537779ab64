"""How well pictures are outlined as they are, under attack, and made worse: Dice of each case and structure.

What is attacked is all that answers: windows, mirror images and all, on the prepared pixels in [0, 1] (normalisation is
in the network); Dice is that of the label map on the picture's own grid, as everywhere. Of the pictures that attacks
found within an epsilon the one with the lowest mean Dice counts, those of smaller epsilons and the clean one among
them. That is an upper bound of the truth: a better attack may find more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgraft.errors import UsageError
from medgraft.measure.segmentation.mask_metric import OutlineRules
from medgraft.measure.segmentation.mask_pair import MaskPair
from medgraft.measure.segmentation.overlap import DICE
from medgraft.transfer.robustness.attacks.attack import Attack, Batch, attacked
from medgraft.transfer.robustness.corruptions.corruption import SEVERITIES, corrupt
from medgraft.transfer.robustness.outline_goal import OUTLINES
from medgraft.transfer.segmentation.outliner import Outliner
from medgraft.transfer.segmentation.prepared import Prepared, Study, called_back, prepare

__all__ = ["OutlineTrial", "attacked_dice", "corrupted_dice"]

Floats = NDArray[np.float64]
_TINY = 1e-7


@dataclass(frozen=True)
class OutlineTrial:
    """``outliner`` answers; ``names``: the structures that count, by id; ``seed`` of draws."""

    outliner: Outliner
    names: Mapping[int, str]
    seed: int = 0

    def prepared(self, study: Study) -> Prepared:
        """Raises ``UsageError`` for a volume."""
        found = prepare(study, self.outliner.plan, self.outliner.preprocessing)
        if not found.flat or self.outliner.plan.dims == 3 or self.outliner.plan.planes != 1:
            raise UsageError(
                "attacking and spoiling outlines: the cases are volumes, and both are defined for pictures; leave "
                "--attacks and --corruptions out"
            )
        return found

    def dice(self, study: Study, prepared: Prepared) -> Floats:
        """(structures,) of a case, its pixels as they are in ``prepared``."""
        called = called_back(self.outliner.probability(prepared), prepared)
        truth, rules = np.asarray(study.labels), OutlineRules()
        pairs = (MaskPair.of(truth == number, called == number, None) for number in self.names)
        return np.array([DICE(pair, rules).value for pair in pairs])


def attacked_dice(
    trial: OutlineTrial, study: Study, index: int, attacks: Mapping[str, Attack], epsilons: Sequence[float]
) -> tuple[Floats, dict[str, Floats]]:
    """Dice (structures,) of a case as it is, and by each attack (epsilons, structures); ``index``: of the case in the
    sorted cohort. ``epsilons`` rise, in [0, 1], units of pixels."""
    prepared = trial.prepared(study)
    clean, labels = trial.dice(study, prepared), torch.from_numpy(np.asarray(prepared.labels).astype(np.int64))

    def model(pixels: Tensor) -> Tensor:
        return trial.outliner.chances(pixels).clamp_min(_TINY).log()

    batch = Batch(torch.from_numpy(prepared.pixels[:, 0][None].copy()), labels, np.array([index]))
    found = dict[str, Floats]()
    for name, attack in attacks.items():
        worst, rows = clean, list[Floats]()
        for epsilon in epsilons:
            moved = attacked(attack, model, batch, epsilon=epsilon, seed=trial.seed, goal=OUTLINES)
            dice = trial.dice(study, replace(prepared, pixels=moved.pixels[0].numpy()[:, None]))
            worst = dice if dice.mean() < worst.mean() else worst
            rows.append(worst)
        found[name] = np.stack(rows)
    return clean, found


def corrupted_dice(
    trial: OutlineTrial, study: Study, index: int, names: Sequence[str]
) -> tuple[Floats, dict[str, Floats]]:
    """Dice (structures,) of a case as it is, and by each corruption (severities, structures). The label map stays where
    it is, so that corruptions that move the picture are not for this."""
    prepared = trial.prepared(study)
    pixels = prepared.pixels[:, 0]
    found = {}
    for name in names:
        spoilt = [corrupt(name, pixels, severity, seed=trial.seed, index=index) for severity in SEVERITIES]
        found[name] = np.stack([trial.dice(study, replace(prepared, pixels=one[:, None])) for one in spoilt])
    return trial.dice(study, prepared), found
