"""What is studied: pixels, cohorts, augmentation, the phantom."""
