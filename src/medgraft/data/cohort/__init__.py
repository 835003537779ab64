"""From DATA to a cohort of cases: find, label, identify, split."""
