"""Sets of answers that hold the truth as often as was asked for: split conformal prediction."""
