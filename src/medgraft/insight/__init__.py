"""What can be known about the data and the model."""
