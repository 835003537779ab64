"""Whether a heat map points at what was outlined."""
