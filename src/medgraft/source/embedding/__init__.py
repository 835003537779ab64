"""Pixels to features, once: engines and caches."""
