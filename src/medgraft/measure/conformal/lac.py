"""LAC (least ambiguous sets): 1 − p of the class. The smallest sets on average, and a set may be empty.

Hard cases get large sets and odd ones none: an empty set says that no class fits.
Source: Sadinle, Lei & Wasserman, J American Statistical Association 2019;114:223-234.
"""

from __future__ import annotations

from medgraft.measure.conformal.score import CONFORMAL_SCORES, ConformalScore

__all__ = ["LAC"]

LAC = ConformalScore(name="lac", summary="1 − probability of the class", compute=lambda probability: 1 - probability)
CONFORMAL_SCORES.register(LAC.name)(LAC)
