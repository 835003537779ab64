"""Ways to bring a model that outlines to another site."""
