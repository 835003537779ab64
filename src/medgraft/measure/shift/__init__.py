"""Whether a target cohort differs from the source, in what, and whether that matters: one question a file."""
