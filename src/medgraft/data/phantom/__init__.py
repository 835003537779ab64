"""The built-in cohort: synthetic, seeded and physical, so that the truth is known."""
