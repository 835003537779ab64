"""Whether an adaptation without labels has collapsed: the ways in which it gets surer and surer of the wrong thing.

What is expected of the target are the class shares that EM reads off the source model's answers. Three signs, each in
words: one class takes nearly all cases where that is not expected; the calls are far from the expected shares, and more
one-sided than these; or next to no doubt is left while more than half of the calls were turned. They are signs, not
tests: a source model that is wrong about everything expects the wrong thing.

Source: Zhao et al. 2023, On Pitfalls of Test-Time Adaptation (how such methods fail).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.adaptation.label_shift import em_prior

__all__ = ["collapse_reason"]

Array = NDArray[np.float64]

_ALL, _MANY = 0.95, 0.8
_FAR = 0.3
"""Total variation between shares."""
_SURE, _TURNED = 0.02, 0.5


def collapse_reason(before: Array, after: Array, prior: Array) -> str | None:
    """Why ``after`` (m, classes) looks collapsed, from ``before`` (m, classes), the source model's answers to the same
    cases, and ``prior`` (classes,), the source's class shares; ``None`` where nothing is seen."""
    classes = len(prior)
    expected = em_prior(before, prior)
    called = np.bincount(after.argmax(axis=1), minlength=classes) / len(after)
    top = int(called.argmax())
    if called[top] > _ALL and expected[top] < _MANY:
        return f"class {top} is called in {called[top]:.0%} of the cases, where {expected[top]:.0%} are expected"
    far = 0.5 * float(np.abs(called - expected).sum())
    if far > _FAR and _entropy(called) < _entropy(expected):
        return f"the calls are one-sided: {far:.0%} of the cases are in another class than expected"
    doubt = float(np.mean([_entropy(row) for row in after])) / float(np.log(classes))
    turned = float(np.mean(before.argmax(axis=1) != after.argmax(axis=1)))
    if doubt < _SURE and turned > _TURNED:
        return (
            f"hardly any doubt is left ({doubt:.1%} of the largest entropy), and {turned:.0%} of the calls were turned"
        )
    return None


def _entropy(shares: Array) -> float:
    """In nats."""
    held = shares[shares > 0]
    return float(-(held * np.log(held)).sum())
