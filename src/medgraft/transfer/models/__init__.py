"""Heads, freezing, and the bundle."""
