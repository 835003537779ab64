"""Linear attenuation of the phantom's tissues, per mm, for one effective energy of about 70 keV.

Rounded products of mass attenuation coefficients as tabulated by NIST (water about 0.19, cortical bone about
0.26 cm²/g) and the densities of ICRU report 44: soft tissue 1.0, inflated lung 0.26, cortical bone 1.92, marrow
and spongy bone 1.1 to 1.2 g/cm³. One energy means no beam hardening.
"""

from __future__ import annotations

__all__ = ["AIR", "CORTICAL", "LUNG", "MARROW", "SOFT", "VERTEBRA"]

AIR = 0.0
LUNG = 0.0050
SOFT = 0.0193
MARROW = 0.0230
VERTEBRA = 0.0250
CORTICAL = 0.0500
