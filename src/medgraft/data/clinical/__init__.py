"""What is known of patients beside their pictures: a table with a row each."""
