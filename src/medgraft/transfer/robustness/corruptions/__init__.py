"""How pictures are spoilt in practice, each way in five severities: one sort a file."""
