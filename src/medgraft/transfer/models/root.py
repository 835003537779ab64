"""The signed square root of features: a linear head reads pooled activations better after it.

Pooled activations are skewed: a few large values on many small ones. A root pulls the large ones in, so that neither
the standardisation nor the penalty is ruled by them. It is ``sign(x) (√(|x| + ε) − √ε)``, elementwise, and zero stays
zero; ε keeps the slope there finite, at ``1 / (2 √ε)``, so that what is next to nothing is not blown up.

Source: Perronnin, Sánchez & Mensink 2010, Improving the Fisher Kernel for Large-Scale Image Classification
(power normalisation, exponent 1/2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ROOT_EPSILON", "signed_root"]

ROOT_EPSILON = 1e-3


def signed_root(features: NDArray[Any]) -> NDArray[Any]:
    """The root of ``features`` (any shape), in their own type."""
    epsilon = features.dtype.type(ROOT_EPSILON)
    return np.asarray(np.sign(features) * (np.sqrt(np.abs(features) + epsilon) - np.sqrt(epsilon)))
