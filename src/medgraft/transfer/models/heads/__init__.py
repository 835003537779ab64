"""Heads: features of a case to class probabilities."""
