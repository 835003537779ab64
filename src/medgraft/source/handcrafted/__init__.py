"""Features that nobody trained: texture, shape and intensity by formula."""
