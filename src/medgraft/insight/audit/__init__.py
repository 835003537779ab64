"""What is wrong with the data: one check per file."""
