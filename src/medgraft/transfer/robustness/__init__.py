"""What pictures a model survives: adversarial ones (attacks), and spoilt ones (corruptions)."""
