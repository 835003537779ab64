"""Bundle to probabilities."""
