"""Probabilities that mean what they say: maps that mend them, how they are chosen, and how much error is chance."""
