"""Whether a case is of the kind that the model has learnt: distances in its features, and a gate that refuses."""
