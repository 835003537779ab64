"""Choosing: which source, which strategy, and what trying them has cost."""
