"""The figures of the report, one a file."""
